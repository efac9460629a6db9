//! The innermost loops of matrix products and convolutions: a tile of C stays in registers while k runs.

use crate::device::cpu::simd::{self, Baseline, Level, Simd, Vector, prefetch, prefetch_l2, simd};

/// The number of floats of the widest register of any instruction set.
const MAX_LANES: usize = 16;
/// The most rows of a tile with [`Inner::Listed`] for any instruction set.
const LISTED_ROWS: usize = 10;
/// The number of floats in a line of the cache.
pub(crate) const LINE: usize = 16;
/// The number of rows of the highest tile of any instruction set.
const MAX_ROWS: usize = 14;

simd! {
    /// Returns the tile sizes of the instruction set in use.
    pub(crate) fn shape<S>() -> Shape {
        Shape { rows: S::TILE_ROWS, listed_rows: S::TILE_ROWS.min(LISTED_ROWS), lanes: S::F32::LANES, level: simd::level() }
    }
}

/// Returns the tile sizes for a result with few columns: narrower registers, which those columns fill.
pub(crate) fn shape_for(columns: usize) -> Shape {
    #[cfg(target_arch = "x86_64")]
    if columns <= <simd::Avx2 as Simd>::F32::LANES && simd::level() == Level::Avx512 {
        let rows = simd::Avx2::TILE_ROWS;
        return Shape { rows, listed_rows: rows, lanes: <simd::Avx2 as Simd>::F32::LANES, level: Level::Avx2 };
    }
    let _ = columns;
    shape()
}

/// The largest tiles of an instruction set; a tile has one or two registers of columns.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// The number of rows with [`Inner::Even`].
    pub rows: usize,
    /// The number of rows with [`Inner::Listed`], which needs further registers.
    pub listed_rows: usize,
    /// The number of lanes of a register.
    pub lanes: usize,
    /// The instruction set.
    pub level: Level,
}

/// The way in which A and B are read while k runs.
#[derive(Clone, Copy)]
pub(crate) enum Inner<'a> {
    /// Constant strides from one k to the next: `a` in A, where a column of the tile is contiguous, and `b` in B.
    Even { a: usize, b: usize },
    /// Individual offsets for each k in `steps`. The rows of A are `stride` apart, or have the offsets in `rows` unless
    /// it is empty.
    Listed { stride: usize, rows: &'a [Step], steps: &'a [Step] },
}

/// The offsets of the values of one k, from the start of A's rows and of B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// The offset in each row of A.
    pub a: u32,
    /// The offset of B's row.
    pub b: u32,
}

/// The bias of the sums.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// No bias.
    Zero,
    /// One number for each row.
    Rows(*const f32),
    /// One number for each column.
    Columns(*const f32),
    /// A factor of the sums and a number for each row, with [`Inner::Listed`].
    Scaled(*const f32, *const f32),
}

/// A column of tiles: `rows` rows of C and the columns of one or two registers, with sums over `k`.
#[derive(Clone, Copy)]
pub(crate) struct Strip<'a> {
    /// The instruction set, from the [`Shape`] for which the other fields were made.
    pub level: Level,
    /// The length of the sums.
    pub k: usize,
    /// The number of rows, which are split into tiles of `tile_rows`.
    pub rows: usize,
    /// The number of rows of one tile, at most as in [`Shape`].
    pub tile_rows: usize,
    /// The number of columns in the first and in the second register; 0 if there is no second.
    pub lanes: [usize; 2],
    /// The first element of A.
    pub a: *const f32,
    /// The distance from one tile's A to the next.
    pub a_tile: usize,
    /// The first element of B.
    pub b: *const f32,
    /// The distance from the first register's columns of B to the second's.
    pub b_second: usize,
    /// The way in which A and B are read.
    pub inner: Inner<'a>,
    /// The first element of C.
    pub c: *mut f32,
    /// The distance from one row of C to the next.
    pub c_row: usize,
    /// The distance from one column of C to the next: 1, or any number if `c_row` is 1.
    pub c_column: usize,
    /// The distance from the first register's columns of C to the second's, if `c_column` is 1.
    pub c_second: usize,
    /// The bias.
    pub start: Start,
    /// True if the result is added to C.
    pub add: bool,
    /// Numbers that are added to the result, where C has its elements, with [`Inner::Listed`] and a `c_column` of 1; null if there are
    /// none.
    pub summand: *const f32,
    /// The least and the largest result, between which others are moved; NaN stays.
    pub limits: Option<[f32; 2]>,
    /// The memory that is read after this strip, with [`Inner::Even`].
    pub ahead: Option<Ahead>,
}

/// Lines of the cache that are read after a strip: its first tiles ask for one line for each k, so that they have come when they are
/// needed.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// The first line of the first tile.
    pub first: *const f32,
    /// The distance from one line to the next.
    pub step: usize,
    /// The distance from the lines of one tile to those of the next.
    pub next_tile: usize,
    /// The number of tiles that ask.
    pub tiles: usize,
}

/// The limits of ReLU.
pub(crate) const RELU: Option<[f32; 2]> = Some([0.0, f32::INFINITY]);

impl Strip<'_> {
    /// Computes the strip.
    ///
    /// # Safety
    /// Every element of A, B, C, the bias and the summand that the fields describe can be read, and only this thread accesses those
    /// of C. With [`Inner::Even`], B is read in whole registers; with [`Inner::Listed`], there are `k` steps.
    pub(crate) unsafe fn run(&self) {
        let (two, listed) = (self.lanes[1] > 0, matches!(self.inner, Inner::Listed { .. }));
        assert!(!listed || self.tile_rows <= LISTED_ROWS, "rows of a tile that is read row by row");
        let last = self.rows % self.tile_rows;
        let whole = self.rows - last;
        let mut tile = Tile { strip: self, row: 0, a: self.a, ahead: self.ahead };
        // SAFETY: the caller's contract.
        unsafe {
            if whole > 0 {
                let kernel = kernel(self.level, self.tile_rows, two, listed);
                while tile.row < whole {
                    self.ask_for_c(tile.row, self.tile_rows);
                    kernel(&tile);
                    let more = tile.ahead.filter(|ahead| ahead.tiles > 1);
                    tile.ahead = more.map(|ahead| Ahead {
                        first: ahead.first.wrapping_add(ahead.next_tile),
                        tiles: ahead.tiles - 1,
                        ..ahead
                    });
                    tile.row += self.tile_rows;
                    tile.a = tile.a.wrapping_add(self.a_tile);
                }
            }
            if last > 0 {
                self.ask_for_c(tile.row, last);
                kernel(self.level, last, two, listed)(&tile);
            }
        }
    }

    /// Asks for the lines of C that a tile adds to, which have come when its sums are complete.
    #[inline(always)]
    fn ask_for_c(&self, row: usize, rows: usize) {
        if self.add && self.c_column == 1 {
            for i in row..row + rows {
                let line = self.c.wrapping_add(i * self.c_row);
                prefetch(line);
                prefetch(line.wrapping_add(self.lanes[0] + self.lanes[1] - 1));
            }
        }
    }
}

/// A function that computes one tile.
type Kernel = unsafe fn(&Tile);

/// The kernels of one instruction set. Each is a function of its own, so that it has all registers to itself.
macro_rules! kernels {
    ($name:ident, $S:ty, [$($feature:meta)?], $($rows:literal)*) => {
        /// Returns the kernel for a number of rows, with one or two registers of columns, for either kind of [`Inner`].
        fn $name(rows: usize, two: bool, listed: bool) -> Kernel {
            $(#[$feature])?
            unsafe fn kernel<const R: usize, const V: usize, const LISTED: bool>(tile: &Tile) {
                // SAFETY: the contract of `Strip::run`.
                unsafe { tile.compute::<$S, R, V, LISTED>() }
            }
            match (rows, two, listed) {
                $(
                    ($rows, false, false) => kernel::<$rows, 1, false>,
                    ($rows, true, false) => kernel::<$rows, 2, false>,
                    ($rows, false, true) => kernel::<{ rows_if_listed($rows) }, 1, true>,
                    ($rows, true, true) => kernel::<{ rows_if_listed($rows) }, 2, true>,
                )*
                _ => unreachable!("a tile has from 1 to TILE_ROWS rows"),
            }
        }
    };
}

/// Returns the rows of the kernel for [`Inner::Listed`]: there are none above [`LISTED_ROWS`], and `kernel` is not asked for them.
const fn rows_if_listed(rows: usize) -> usize {
    if rows < LISTED_ROWS { rows } else { LISTED_ROWS }
}

#[cfg(not(target_arch = "aarch64"))]
kernels! { baseline, Baseline, [], 1 2 3 4 }
#[cfg(target_arch = "aarch64")]
kernels! { baseline, Baseline, [], 1 2 3 4 5 6 7 8 }
#[cfg(target_arch = "x86_64")]
kernels! { avx2, simd::Avx2, [target_feature(enable = "avx2,fma,bmi1,bmi2")], 1 2 3 4 5 6 }
#[cfg(target_arch = "x86_64")]
kernels! {
    avx512, simd::Avx512, [target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")],
    1 2 3 4 5 6 7 8 9 10 11 12 13 14
}

/// Returns the kernel of an instruction set.
fn kernel(level: Level, rows: usize, two: bool, listed: bool) -> Kernel {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512(rows, two, listed),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2(rows, two, listed),
        _ => baseline(rows, two, listed),
    }
}

/// One tile of a strip.
struct Tile<'a> {
    strip: &'a Strip<'a>,
    row: usize,
    a: *const f32,
    ahead: Option<Ahead>,
}

impl Tile<'_> {
    #[inline(always)]
    unsafe fn compute<S: Simd, const R: usize, const V: usize, const LISTED: bool>(&self) {
        let s = self.strip;
        let lanes = S::F32::LANES;
        // SAFETY: the contract of `Strip::run`, here and in the functions called.
        unsafe {
            let mut sums = [[S::F32::splat(0.0); V]; R];
            match s.inner {
                Inner::Even { a, b } if !LISTED => {
                    let (mut left, mut right) = (self.a, s.b);
                    let Ahead { first: mut ahead, step, .. } = self.ahead.unwrap_or(Ahead {
                        first: std::ptr::from_ref(self).cast(),
                        step: 0,
                        next_tile: 0,
                        tiles: 0,
                    });
                    for _ in 0..s.k {
                        prefetch_l2(ahead);
                        ahead = ahead.wrapping_add(step);
                        let mut b_row = [S::F32::splat(0.0); V];
                        for v in 0..V {
                            b_row[v] = S::F32::load(right.add(v * lanes));
                        }
                        for i in 0..R {
                            let x = S::F32::splat(*left.add(i));
                            for v in 0..V {
                                sums[i][v] = x.mul_add(b_row[v], sums[i][v]);
                            }
                        }
                        (left, right) = (left.wrapping_add(a), right.wrapping_add(b));
                    }
                }
                Inner::Listed { stride, rows: positions, steps } if LISTED => {
                    let mut rows = [self.a; R];
                    for i in 0..R {
                        let place = if positions.is_empty() { i * stride } else { positions[self.row + i].a as usize };
                        rows[i] = self.a.add(place);
                    }
                    for step in &steps[..s.k] {
                        let right = s.b.add(step.b as usize);
                        let mut b_row = [S::F32::splat(0.0); V];
                        for v in 0..V {
                            b_row[v] = S::F32::load_first(right.add(v * s.b_second), s.lanes[v]);
                        }
                        for i in 0..R {
                            let x = S::F32::splat(*rows[i].add(step.a as usize));
                            for v in 0..V {
                                sums[i][v] = x.mul_add(b_row[v], sums[i][v]);
                            }
                        }
                    }
                }
                _ => {}
            }
            match s.start {
                Start::Zero => {}
                Start::Rows(bias) => {
                    for i in 0..R {
                        let bias = S::F32::splat(*bias.add(self.row + i));
                        for v in 0..V {
                            sums[i][v] = sums[i][v].add(bias);
                        }
                    }
                }
                Start::Columns(bias) => {
                    for v in 0..V {
                        let bias = S::F32::load_first(bias.add(v * lanes), s.lanes[v]);
                        for i in 0..R {
                            sums[i][v] = sums[i][v].add(bias);
                        }
                    }
                }
                Start::Scaled(scale, shift) if LISTED => {
                    for i in 0..R {
                        let scale = S::F32::splat(*scale.add(self.row + i));
                        let shift = S::F32::splat(*shift.add(self.row + i));
                        for v in 0..V {
                            sums[i][v] = sums[i][v].mul_add(scale, shift);
                        }
                    }
                }
                Start::Scaled(..) => {}
            }
            // These loops must be unrolled, or the sums are spilled to memory; so they handle only the simple case.
            let whole = s.lanes == [lanes, (V - 1) * lanes];
            // Masks need a third more instructions, which are too many for the largest tiles.
            let masks = LISTED && S::F32::MASKS;
            if s.c_column == 1 && !(LISTED && s.add) && (whole || masks) {
                if !LISTED && s.add {
                    for i in 0..R {
                        let c = s.c.add((self.row + i) * s.c_row);
                        for v in 0..V {
                            sums[i][v] = sums[i][v].add(S::F32::load(c.add(v * s.c_second)));
                        }
                    }
                }
                if LISTED && !s.summand.is_null() {
                    for i in 0..R {
                        let summand = s.summand.add((self.row + i) * s.c_row);
                        for v in 0..V {
                            let from = summand.add(v * s.c_second);
                            let x = if masks { S::F32::load_first(from, s.lanes[v]) } else { S::F32::load(from) };
                            sums[i][v] = sums[i][v].add(x);
                        }
                    }
                }
                if let Some([least, largest]) = s.limits {
                    let (least, largest) = (S::F32::splat(least), S::F32::splat(largest));
                    for i in 0..R {
                        for v in 0..V {
                            sums[i][v] = largest.min(least.max(sums[i][v]));
                        }
                    }
                }
                for i in 0..R {
                    let c = s.c.add((self.row + i) * s.c_row);
                    for v in 0..V {
                        let c = c.add(v * s.c_second);
                        if masks { sums[i][v].store_first(c, s.lanes[v]) } else { sums[i][v].store(c) }
                    }
                }
            } else {
                let mut tile = [0.0_f32; 2 * MAX_ROWS * MAX_LANES];
                for i in 0..R {
                    for v in 0..V {
                        sums[i][v].store(tile.as_mut_ptr().add((v * MAX_ROWS + i) * lanes));
                    }
                }
                for v in 0..V {
                    let tile = tile.as_ptr().add(v * MAX_ROWS * lanes);
                    if s.c_column == 1 { self.write_rows::<S>(tile, R, v) } else { self.write_columns::<S>(tile, R, v) }
                }
            }
        }
    }

    /// Writes the columns of register `v` to a C in row-major order; `tile` holds its rows.
    #[inline(always)]
    unsafe fn write_rows<S: Simd>(&self, tile: *const f32, rows: usize, v: usize) {
        let s = self.strip;
        for i in 0..rows {
            // SAFETY: the contract of `Strip::run`.
            unsafe {
                let at = (self.row + i) * s.c_row + v * s.c_second;
                let summand = if s.summand.is_null() { s.summand } else { s.summand.add(at) };
                self.write::<S>(tile.add(i * S::F32::LANES), s.c.add(at), summand, s.lanes[v]);
            }
        }
    }

    /// Writes the columns of register `v` to a C in column-major order; `tile` holds its rows.
    #[inline(always)]
    unsafe fn write_columns<S: Simd>(&self, tile: *const f32, rows: usize, v: usize) {
        let (s, lanes) = (self.strip, S::F32::LANES);
        let mut columns = [0.0_f32; MAX_LANES * MAX_LANES];
        for i in (0..rows).step_by(lanes) {
            let count = (rows - i).min(lanes);
            // SAFETY: a register has at most MAX_LANES lanes; otherwise the contract of `Strip::run`.
            unsafe {
                S::F32::transpose(tile.add(i * lanes), lanes, count, columns.as_mut_ptr(), lanes, true);
                for j in 0..s.lanes[v] {
                    let to = s.c.add(self.row + i + (v * lanes + j) * s.c_column);
                    self.write::<S>(columns.as_ptr().add(j * lanes), to, std::ptr::null(), count);
                }
            }
        }
    }

    /// Writes the first `count` numbers of a register, with what is added unless it is null.
    #[inline(always)]
    unsafe fn write<S: Simd>(&self, from: *const f32, to: *mut f32, summand: *const f32, count: usize) {
        // SAFETY: the contract of `Strip::run`.
        unsafe {
            let mut x = S::F32::load(from);
            if self.strip.add {
                x = x.add(S::F32::load_first(to, count));
            }
            if !summand.is_null() {
                x = x.add(S::F32::load_first(summand, count));
            }
            if let Some([least, largest]) = self.strip.limits {
                x = S::F32::splat(largest).min(S::F32::splat(least).max(x));
            }
            if count == S::F32::LANES { x.store(to) } else { x.store_first(to, count) }
        }
    }
}

thread_local! {
    static STEPS: std::cell::RefCell<Vec<Step>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Calls `body` with a list of steps, whose memory the thread keeps, so that it grows only once.
pub(crate) fn with_steps<R>(steps: impl Iterator<Item = Step>, body: impl FnOnce(&[Step]) -> R) -> R {
    let mut list = STEPS.take();
    list.clear();
    list.extend(steps);
    let result = body(&list);
    STEPS.set(list);
    result
}
