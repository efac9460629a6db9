//! Large matrix products: operands are packed where that pays off, and strips of C are tasks.

use super::tile::{self, Ahead, Inner, LINE, RELU, Start, Step, Strip};
use super::{Bias, Epilogue, Matrix, WORTH_THREADS, pack};
use crate::device::cpu::simd::Level;
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::tensor::Write;
use std::ops::Range;

/// The longest part of k that is multiplied at once, so that the data that a strip reads repeatedly stays in the L1 and
/// L2 caches.
const MAX_K: usize = 512;
/// The number of floats of B that are packed at once for all tasks; few in tests, which then meet products of several parts.
const MAX_PACKED: usize = if cfg!(test) { 32 << 10 } else { 4 << 20 };
/// So many floats of A stay in the L2 cache, while strip after strip reads them.
const IN_L2: usize = 128 << 10;
/// The number of floats of A that a task packs at once, which leave room for a strip of B in the L2 cache.
const OF_TASK: usize = 64 << 10;
/// The longest part of k if A is stored by columns and k is longer than [`MAX_K`], as in gradients to weights: B of a part stays in the
/// L2 cache for all tasks.
const MAX_K_OF_COLUMNS: usize = 256;
/// There are about so many tasks of rows, if there are enough rows: packed ones, and those read in place, of which a second strip
/// finds few in the L1 cache.
const ROW_TASKS: [usize; 2] = [12, 32];
/// The number of tasks of rows if A is stored by columns and k is long.
const COLUMN_TASKS: usize = 6;
/// With up to so many strips, A is read in place instead of packed.
pub(super) const FEW_STRIPS: usize = 4;
/// With at least so many strips, the strips are the tasks.
const MANY_STRIPS: usize = 8;

/// The memory layout of C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Row-major.
    Rows,
    /// Column-major.
    Columns,
}

/// `C = A·B` with the epilogue and C in `order`; the caller has checked the sizes.
pub(super) fn matmul(threads: &Threads, a: Matrix, b: Matrix, c: &mut [f32], order: Order, epilogue: Epilogue) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    let shape = tile::shape();
    let (lanes, width) = (shape.lanes, 2 * shape.lanes);
    let strips = n.div_ceil(width);
    let read_columns = a.row_stride == 1 || k == 0;
    // In place, columns of A are on as many pages as k is long.
    let long_columns = read_columns && k > MAX_K;
    let max_k = if long_columns { MAX_K_OF_COLUMNS } else { MAX_K };
    let part = k.div_ceil(k.div_ceil(max_k).max(1)).max(1);
    let read_rows = !read_columns && reads_rows(a, n);
    let max_rows = if read_rows { shape.listed_rows } else { shape.rows };
    let tile_rows = m.div_ceil(m.div_ceil(max_rows));
    let tiles = m.div_ceil(tile_rows);
    let long_columns = long_columns && m * k * n >= WORTH_THREADS;
    let many_strips = (strips >= MANY_STRIPS || strips >= tiles) && tiles * tile_rows * part <= IN_L2;
    let by_strips = m * k * n < WORTH_THREADS || many_strips && !long_columns;
    let in_place = read_rows || read_columns && (by_strips || strips <= FEW_STRIPS) && !long_columns;
    let packed = if by_strips && !in_place { tiles * tile_rows * k } else { 0 };
    let steps = (0..if read_rows { part } else { 0 }).map(|p| Step { a: p as u32, b: (p * width) as u32 });
    tile::with_steps(steps, |steps| {
        scratch::with(packed, |packed_a| {
            if packed > 0 {
                pack_left(threads, a, packed_a, tile_rows);
            }
            let (c, level) = (c.as_mut_ptr(), shape.level);
            let product = Product {
                a,
                b,
                c,
                order,
                epilogue,
                lanes,
                level,
                tile_rows,
                part,
                in_place,
                long_columns,
                packed_a,
                steps,
            };
            if by_strips { product.by_strips(threads) } else { product.by_rows(threads) }
        });
    });
}

/// True if the rows of A are read in place for `n` columns of B: not often enough to pack them.
pub(super) fn reads_rows(a: Matrix, n: usize) -> bool {
    let shape = tile::shape();
    // Rows that are a multiple of 2 KiB apart would compete for the same lines of the L1 cache.
    a.column_stride == 1
        && (a.rows <= shape.listed_rows
            || n.div_ceil(2 * shape.lanes) <= FEW_STRIPS && !a.row_stride.is_multiple_of(512))
}

/// Packs A tile by tile. A tile has its `k` columns, so the parts of k of a tile follow each other.
fn pack_left(threads: &Threads, a: Matrix, packed: &mut [f32], tile_rows: usize) {
    let k = a.columns;
    let tiles_per_task = (32 * 1024_usize).div_ceil(tile_rows * k);
    threads.split(chunks_mut(packed, tiles_per_task * tile_rows * k), &|task, packed| {
        let row = task * tiles_per_task * tile_rows;
        pack::left(a, [row, (a.rows - row).min(tiles_per_task * tile_rows)], [0, k], packed, tile_rows);
    });
}

/// The data that all tasks of one product share.
struct Product<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    c: *mut f32,
    order: Order,
    epilogue: Epilogue<'a>,
    /// The number of lanes of a register, and its instruction set.
    lanes: usize,
    level: Level,
    /// The number of rows of a tile.
    tile_rows: usize,
    /// The length of the parts of k.
    part: usize,
    /// True if A is read in place.
    in_place: bool,
    /// True if A is stored by columns, of which all tasks take one part of k after the other.
    long_columns: bool,
    /// The packed A, if it is packed before the tasks.
    packed_a: &'a [f32],
    /// The offsets for each k of a part, if A is read in place by rows.
    steps: &'a [Step],
}

// SAFETY: tasks write disjoint parts of C.
unsafe impl Sync for Product<'_> {}

impl Product<'_> {
    /// Runs tasks of one strip of columns: each packs its columns of B and meets all of A, which is in the L2 cache.
    fn by_strips(&self, threads: &Threads) {
        let (k, n, width, rows) = (self.a.columns, self.b.columns, 2 * self.lanes, self.a.rows);
        let strips = n.div_ceil(width);
        if rows * k * n < WORTH_THREADS {
            scratch::with(self.part * width, |packed_b| {
                (0..strips).for_each(|strip| self.strip(strip, packed_b));
            });
        } else {
            threads.run_with_scratch(strips, self.part * width, &|strip, packed_b| self.strip(strip, packed_b));
        }
    }

    /// Runs tasks of some rows, where A is too large for the L2 cache or C has few columns: B is packed before them.
    fn by_rows(&self, threads: &Threads) {
        let Product { a, b, tile_rows, part, .. } = *self;
        let (k, n, width) = (a.columns, b.columns, 2 * self.lanes);
        let (strips, tiles) = (n.div_ceil(width), a.rows.div_ceil(tile_rows));
        let tasks = if self.long_columns { COLUMN_TASKS } else { ROW_TASKS[usize::from(self.in_place)] };
        let tiles = tiles.div_ceil(tasks).min(OF_TASK / (tile_rows * part)).max(1);
        let task_rows = tiles * tile_rows;
        let strips_at_once = (MAX_PACKED / (width * part)).clamp(1, strips);
        let most = if self.long_columns { MAX_PACKED.min(IN_L2) } else { MAX_PACKED };
        let k_at_once = ((most / (width * part * strips_at_once)).max(1) * part).min(k.max(1));
        let left = if self.in_place { 0 } else { task_rows * part };
        scratch::with(width * k_at_once * strips_at_once, |packed_b| {
            for first_strip in (0..strips).step_by(strips_at_once) {
                let strips = first_strip..strips.min(first_strip + strips_at_once);
                for first_k in (0..k.max(1)).step_by(k_at_once) {
                    let range = first_k..k.min(first_k + k_at_once);
                    let of_strip = (width * range.len()).max(1);
                    let packed_b = &mut packed_b[..of_strip * strips.len()];
                    threads.split(chunks_mut(packed_b, of_strip), &|strip, packed_b| {
                        let column = (first_strip + strip) * width;
                        pack::right(b, range.start, range.len(), column, width.min(n - column), packed_b, width);
                    });
                    threads.run_with_scratch(a.rows.div_ceil(task_rows), left, &|task, left| {
                        let row = task * task_rows;
                        let rows = [row, task_rows.min(a.rows - row)];
                        self.rows(rows, strips.clone(), range.clone(), packed_b, left);
                    });
                }
            }
        });
    }

    /// Computes some rows of some strips over a range of k, whose B is packed. A is packed into `left`, a part of k at a time.
    fn rows(&self, rows: [usize; 2], strips: Range<usize>, k: Range<usize>, packed_b: &[f32], left: &mut [f32]) {
        let (tile_rows, width) = (self.tile_rows, 2 * self.lanes);
        for first_k in (k.start..k.end.max(k.start + 1)).step_by(self.part) {
            let part = self.part.min(k.end - first_k);
            let packed_a = (!self.in_place).then(|| {
                pack::left(self.a, rows, [first_k, part], left, tile_rows);
                (&*left, tile_rows * part)
            });
            for (i, strip) in strips.clone().enumerate() {
                let b = &packed_b[(i * k.len() + first_k - k.start) * width..];
                let ahead = match i.checked_sub(1) {
                    None => self.packed_by_next_task(rows, first_k, part),
                    Some(i) => self.packed_for_next_part(rows, k.end, part, i),
                };
                self.part(rows, [strip, first_k], packed_a, (b, width), ahead);
            }
        }
    }

    /// Returns the part of A that the task after the one of these rows packs.
    fn packed_by_next_task(&self, [row, rows]: [usize; 2], first_k: usize, part: usize) -> Option<Ahead> {
        let (a, next) = (self.a, row + rows);
        let tiles = rows.div_ceil(self.tile_rows);
        let (at, step, next_tile) = if self.in_place {
            return None;
        } else if self.long_columns {
            let (next, k) = if next < a.rows { (next, first_k) } else { (0, first_k + part) };
            (next + k * a.column_stride, a.column_stride, LINE)
        } else if a.column_stride == 1 && a.row_stride == part {
            (next * part, LINE, part * LINE)
        } else {
            return None;
        };
        (at < a.data.len()).then_some(Ahead { first: a.data.as_ptr().wrapping_add(at), step, next_tile, tiles })
    }

    /// Returns the lines of B of the part of k after `next_k` that the strip after strip number `strip` asks for: each task asks for as many
    /// of them as its share of the rows.
    fn packed_for_next_part(&self, [row, rows]: [usize; 2], next_k: usize, part: usize, strip: usize) -> Option<Ahead> {
        let (b, tiles) = (self.b, rows.div_ceil(self.tile_rows));
        if !self.long_columns || b.column_stride != 1 || b.row_stride != b.columns || next_k >= b.rows {
            return None;
        }
        let lines = (part.min(b.rows - next_k) * b.columns).div_ceil(LINE);
        let [first, end] = [row, row + rows].map(|row| row * lines / self.a.rows);
        let first = first + strip * tiles * part;
        let at = next_k * b.row_stride + first * LINE;
        let tiles = tiles.min(end.saturating_sub(first).div_ceil(part));
        let first = b.data.as_ptr().wrapping_add(at);
        (tiles > 0).then_some(Ahead { first, step: LINE, next_tile: part * LINE, tiles })
    }

    /// Computes all rows of one strip; B is packed part by part.
    fn strip(&self, strip: usize, packed_b: &mut [f32]) {
        let (k, width, rows) = (self.a.columns, 2 * self.lanes, self.a.rows);
        let first_column = strip * width;
        let columns = width.min(self.b.columns - first_column);
        // With a single tile, each number of B is read only once, and packing would be the larger half of the work.
        let read_in_place =
            rows <= self.tile_rows && self.b.column_stride == 1 && columns % self.lanes == 0 && self.steps.is_empty();
        for first_k in (0..k.max(1)).step_by(self.part) {
            let part = self.part.min(k - first_k);
            let packed_a = (!self.in_place).then(|| (&self.packed_a[first_k * self.tile_rows..], self.tile_rows * k));
            if read_in_place && k > 0 {
                let b = &self.b.data[first_k * self.b.row_stride + first_column..];
                assert!(part == 0 || (part - 1) * self.b.row_stride + columns <= b.len());
                self.part([0, rows], [strip, first_k], packed_a, (b, self.b.row_stride), None);
            } else {
                pack::right(self.b, first_k, part, first_column, columns, packed_b, width);
                let ahead = self.packed_next(strip, first_k, part);
                self.part([0, rows], [strip, first_k], packed_a, (packed_b, width), ahead);
            }
        }
    }

    /// Returns the part of B that is packed some time after this part of a strip: the next one of its rows, or, if its columns follow
    /// each other, the part of the next strip.
    fn packed_next(&self, strip: usize, first_k: usize, part: usize) -> Option<Ahead> {
        let (b, width) = (self.b, 2 * self.lanes);
        let (at, step, next_tile) = if b.column_stride == 1 {
            let next_k = first_k + part;
            let (strip, next_k) = if next_k < b.rows { (strip, next_k) } else { (strip + 1, 0) };
            (next_k * b.row_stride + strip * width, b.row_stride, LINE)
        } else if b.row_stride == 1 && b.column_stride == b.rows {
            (((strip + 1) * b.rows + first_k) * width, LINE, part * LINE)
        } else {
            return None;
        };
        (at < b.data.len()).then_some(Ahead { first: b.data.as_ptr().wrapping_add(at), step, next_tile, tiles: 2 })
    }

    /// Computes some rows of one strip over one part of k. `packed_a` has the tiles of these rows with the distance from one to the
    /// next, unless A is read in place; `b` is the strip's part of B, with rows `b_step` apart.
    fn part(
        &self,
        [row, rows]: [usize; 2],
        [strip, first_k]: [usize; 2],
        packed_a: Option<(&[f32], usize)>,
        (b, b_step): (&[f32], usize),
        ahead: Option<Ahead>,
    ) {
        let Product { tile_rows, part, .. } = *self;
        let (k, n, m, width) = (self.a.columns, self.b.columns, self.a.rows, 2 * self.lanes);
        let column = strip * width;
        let columns = width.min(n - column);
        let k_now = part.min(k - first_k);
        let in_a = row * self.a.row_stride + first_k * self.a.column_stride;
        let (a, a_tile, inner) = if let Some((a, a_tile)) = packed_a {
            (a.as_ptr(), a_tile, Inner::Even { a: tile_rows, b: b_step })
        } else if self.steps.is_empty() {
            let a = self.a.data.as_ptr().wrapping_add(in_a);
            (a, tile_rows, Inner::Even { a: self.a.column_stride, b: b_step })
        } else {
            let stride = self.a.row_stride;
            let a = self.a.data.as_ptr().wrapping_add(in_a);
            (a, tile_rows * stride, Inner::Listed { stride, rows: &[], steps: self.steps })
        };
        let (c, c_row, c_column) = match self.order {
            Order::Rows => (row * n + column, n, 1),
            Order::Columns => (column * m + row, 1, m),
        };
        let start = match self.epilogue.bias {
            Bias::Rows(bias) if first_k == 0 => Start::Rows(bias[row..].as_ptr()),
            Bias::Columns(bias) if first_k == 0 => Start::Columns(bias[column..].as_ptr()),
            _ => Start::Zero,
        };
        let strip = Strip {
            level: self.level,
            k: k_now,
            rows,
            tile_rows,
            lanes: [columns.min(self.lanes), columns.saturating_sub(self.lanes)],
            a,
            a_tile,
            b: b.as_ptr(),
            b_second: self.lanes,
            inner,
            c: self.c.wrapping_add(c),
            c_row,
            c_column,
            c_second: self.lanes,
            start,
            add: first_k > 0 || self.epilogue.write == Write::Add,
            summand: std::ptr::null(),
            limits: if self.epilogue.relu && first_k + k_now == k { RELU } else { None },
            ahead,
        };
        // SAFETY: a `Matrix` lies within its data and C has m·n elements; these rows and columns are inside both, and
        // no other task writes them. `b` holds `k_now` rows of whole registers: it is packed, or `strip` has checked
        // it.
        unsafe { strip.run() }
    }
}
