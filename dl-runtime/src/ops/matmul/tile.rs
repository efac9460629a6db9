//! The innermost loops of matrix products and convolutions: tiles of C in registers while k runs.

use crate::device::cpu::simd::{Simd, Vector, simd};

/// Columns of the widest tile, of any instruction set.
pub(crate) const MAX_WIDTH: usize = 32;
/// Rows of the highest tile, of any instruction set.
pub(crate) const MAX_ROWS: usize = 14;

simd! {
    /// Rows of a tile of the instruction set in use, and columns of one register; a tile has one or two.
    pub(crate) fn shape<S>() -> (usize, usize) {
        (S::TILE_ROWS, S::F32::LANES)
    }
}

/// How A and B are read while k runs.
#[derive(Clone, Copy)]
pub(crate) enum Inner<'a> {
    /// From one k to the next: `a` in A, where a column of the tile is contiguous, and `b` in B.
    Even { a: usize, b: usize },
    /// Each k at its own place, with the rows of A `stride` apart.
    Listed { stride: usize, steps: &'a [Step] },
}

/// Where the values of one k are, from the start of A's rows and of B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Offset in each row of A.
    pub a: u32,
    /// Offset of B's row.
    pub b: u32,
}

/// What the sums start from.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// Zero.
    Zero,
    /// One number for each row.
    Rows(*const f32),
    /// One number for each column.
    Columns(*const f32),
}

/// Tiles above each other: `rows` rows of C and the columns of one or two registers, with sums over `k`.
#[derive(Clone, Copy)]
pub(crate) struct Strip<'a> {
    /// Length of the sums.
    pub k: usize,
    /// Rows in all, cut in tiles of `tile_rows`.
    pub rows: usize,
    /// Rows of one tile; at most [`shape`].
    pub tile_rows: usize,
    /// Columns in the first and the second register; 0 where there is no second.
    pub lanes: [usize; 2],
    /// The first element of A.
    pub a: *const f32,
    /// From one tile's A to the next.
    pub a_tile: usize,
    /// The first element of B.
    pub b: *const f32,
    /// From the first register's columns of B to the second's.
    pub b_second: usize,
    /// How both are read.
    pub inner: Inner<'a>,
    /// The first element of C.
    pub c: *mut f32,
    /// From one row of C to the next.
    pub c_row: usize,
    /// From one column of C to the next: 1, or any number where `c_row` is 1.
    pub c_column: usize,
    /// From the first register's columns of C to the second's, where `c_column` is 1.
    pub c_second: usize,
    /// What is added to the sums.
    pub start: Start,
    /// Whether C is added to.
    pub add: bool,
    /// Whether negative results become 0.
    pub relu: bool,
}

impl Strip<'_> {
    /// Computes it.
    ///
    /// # Safety
    /// Every element of A, B, C and the start that the fields describe can be read, those of C written by this thread
    /// alone. With [`Inner::Even`], B is read in whole registers; there are `k` steps with [`Inner::Listed`].
    pub(crate) unsafe fn run(&self) {
        run(self);
    }
}

simd! {
    /// All tiles of a strip; the contract is that of [`Strip::run`], the only caller.
    fn run<S>(strip: &Strip) {
        let mut row = 0;
        while row < strip.rows {
            let rows = strip.tile_rows.min(strip.rows - row);
            let tile = Tile { strip, row, a: strip.a.wrapping_add(row / strip.tile_rows * strip.a_tile) };
            // SAFETY: the contract of `Strip::run`.
            unsafe {
                if strip.lanes[1] == 0 { tile.dispatch::<S, 1>(rows) } else { tile.dispatch::<S, 2>(rows) }
            }
            row += rows;
        }
    }
}

/// One tile of a strip.
struct Tile<'a> {
    strip: &'a Strip<'a>,
    row: usize,
    a: *const f32,
}

impl Tile<'_> {
    #[inline(always)]
    unsafe fn dispatch<S: Simd, const V: usize>(&self, rows: usize) {
        macro_rules! sizes {
            ($($rows:literal)*) => {
                match rows {
                    // SAFETY: the contract of `Strip::run`. Tiles that do not fit the registers are not compiled.
                    $($rows => if $rows <= S::TILE_ROWS { unsafe { self.compute::<S, $rows, V>() } },)*
                    _ => {}
                }
            };
        }
        sizes! { 1 2 3 4 5 6 7 8 9 10 11 12 13 14 }
    }

    #[inline(always)]
    unsafe fn compute<S: Simd, const R: usize, const V: usize>(&self) {
        let s = self.strip;
        let lanes = S::F32::LANES;
        // SAFETY: the contract of `Strip::run`, here and in the functions called.
        unsafe {
            let mut sums = [[S::F32::splat(0.0); V]; R];
            match s.start {
                Start::Zero => {}
                Start::Rows(bias) => {
                    for i in 0..R {
                        sums[i] = [S::F32::splat(*bias.add(self.row + i)); V];
                    }
                }
                Start::Columns(bias) => {
                    let bias: [S::F32; V] =
                        std::array::from_fn(|v| S::F32::load_first(bias.add(v * lanes), s.lanes[v]));
                    sums = [bias; R];
                }
            }
            match s.inner {
                Inner::Even { a, b } => {
                    let (mut left, mut right) = (self.a, s.b);
                    for _ in 0..s.k {
                        let b_row: [S::F32; V] = std::array::from_fn(|v| S::F32::load(right.add(v * lanes)));
                        for i in 0..R {
                            let x = S::F32::splat(*left.add(i));
                            for v in 0..V {
                                sums[i][v] = x.mul_add(b_row[v], sums[i][v]);
                            }
                        }
                        (left, right) = (left.wrapping_add(a), right.wrapping_add(b));
                    }
                }
                Inner::Listed { stride, steps } => {
                    let rows: [*const f32; R] = std::array::from_fn(|i| self.a.add(i * stride));
                    for step in &steps[..s.k] {
                        let right = s.b.add(step.b as usize);
                        let b_row: [S::F32; V] =
                            std::array::from_fn(|v| S::F32::load_first(right.add(v * s.b_second), s.lanes[v]));
                        for i in 0..R {
                            let x = S::F32::splat(*rows[i].add(step.a as usize));
                            for v in 0..V {
                                sums[i][v] = x.mul_add(b_row[v], sums[i][v]);
                            }
                        }
                    }
                }
            }
            if s.c_column == 1 { self.write_rows::<S, R, V>(sums) } else { self.write_columns::<S, R, V>(sums) }
        }
    }

    #[inline(always)]
    unsafe fn write_rows<S: Simd, const R: usize, const V: usize>(&self, sums: [[S::F32; V]; R]) {
        let s = self.strip;
        for (i, sums) in sums.into_iter().enumerate() {
            for (v, mut x) in sums.into_iter().enumerate() {
                // SAFETY: the contract of `Strip::run`.
                unsafe {
                    let c = s.c.add((self.row + i) * s.c_row + v * s.c_second);
                    if s.add {
                        x = x.add(S::F32::load_first(c, s.lanes[v]));
                    }
                    if s.relu {
                        x = S::F32::splat(0.0).max(x);
                    }
                    if s.lanes[v] == S::F32::LANES { x.store(c) } else { x.store_first(c, s.lanes[v]) }
                }
            }
        }
    }

    /// C is written column by column, by way of a transposed copy of the tile.
    #[inline(always)]
    unsafe fn write_columns<S: Simd, const R: usize, const V: usize>(&self, sums: [[S::F32; V]; R]) {
        let s = self.strip;
        let lanes = S::F32::LANES;
        let (mut tile, mut turned) = ([0.0_f32; MAX_ROWS * MAX_WIDTH], [0.0_f32; MAX_WIDTH * MAX_WIDTH]);
        let width = V * lanes;
        // SAFETY: a tile is at most MAX_ROWS by MAX_WIDTH, and a register at most MAX_WIDTH; otherwise the contract of
        // `Strip::run`.
        unsafe {
            for (i, sums) in sums.into_iter().enumerate() {
                for (v, x) in sums.into_iter().enumerate() {
                    x.store(tile.as_mut_ptr().add(i * width + v * lanes));
                }
            }
            for v in 0..V {
                for i in (0..R).step_by(lanes) {
                    let from = tile.as_ptr().add(i * width + v * lanes);
                    S::F32::transpose(
                        from,
                        width,
                        (R - i).min(lanes),
                        turned.as_mut_ptr().add(v * lanes * MAX_WIDTH + i),
                        MAX_WIDTH,
                    );
                }
                for j in 0..s.lanes[v] {
                    let from = turned.as_ptr().add((v * lanes + j) * MAX_WIDTH);
                    let to = s.c.add(self.row + (v * lanes + j) * s.c_column);
                    for i in (0..R).step_by(lanes) {
                        let n = (R - i).min(lanes);
                        let mut x = S::F32::load_first(from.add(i), n);
                        if s.add {
                            x = x.add(S::F32::load_first(to.add(i), n));
                        }
                        if s.relu {
                            x = S::F32::splat(0.0).max(x);
                        }
                        x.store_first(to.add(i), n);
                    }
                }
            }
        }
    }
}

thread_local! {
    static STEPS: std::cell::RefCell<Vec<Step>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Calls `body` with a list of steps that is kept by the thread and grows once.
pub(crate) fn with_steps<R>(steps: impl Iterator<Item = Step>, body: impl FnOnce(&[Step]) -> R) -> R {
    let mut list = STEPS.take();
    list.clear();
    list.extend(steps);
    let result = body(&list);
    STEPS.set(list);
    result
}
