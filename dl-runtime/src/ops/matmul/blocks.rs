//! Large matrix products: operands are packed where that pays off, and strips of C are tasks.

use super::tile::{self, Inner, RELU, Start, Step, Strip};
use super::{Bias, Epilogue, Matrix, WORTH_THREADS, pack};
use crate::device::cpu::simd::Level;
use crate::device::cpu::threads::chunks_mut;
use crate::device::cpu::{Threads, scratch};
use crate::tensor::Write;

/// The longest part of k that is multiplied at once, so that the data that a strip reads repeatedly stays in the L1 and
/// L2 caches.
const MAX_K: usize = 512;
/// The number of floats of A that are packed at once.
const MAX_PACKED: usize = 4 << 20;
/// With up to so many strips, A is read in place instead of packed.
const FEW_STRIPS: usize = 4;
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
    let (strips, few_tiles) = (n.div_ceil(width), m <= shape.listed_rows);
    let read_columns = a.row_stride == 1 || k == 0;
    // Rows that are a multiple of 2 KiB apart would compete for the same lines of the L1 cache.
    let read_rows = !read_columns
        && a.column_stride == 1
        && (few_tiles || strips <= FEW_STRIPS && !a.row_stride.is_multiple_of(512));
    let max_rows = if read_rows { shape.listed_rows } else { shape.rows };
    let part = k.div_ceil(k.div_ceil(MAX_K).max(1)).max(1);
    let in_place = read_rows || read_columns;
    let rows_at_once = if in_place { m } else { m.min((MAX_PACKED / k).next_multiple_of(max_rows)) };
    let steps = (0..if read_rows { part } else { 0 }).map(|p| Step { a: p as u32, b: (p * width) as u32 });
    tile::with_steps(steps, |steps| {
        for first_row in (0..m).step_by(rows_at_once) {
            let rows = rows_at_once.min(m - first_row);
            let tile_rows = rows.div_ceil(rows.div_ceil(max_rows));
            let packed = if in_place { 0 } else { rows.next_multiple_of(tile_rows) * k };
            scratch::with(packed, |packed_a| {
                let parts = Parts { first_row, rows, tile_rows, part };
                if !in_place {
                    parts.pack_left(threads, a, packed_a);
                }
                let c = c.as_mut_ptr();
                let product = Product { a, b, c, order, epilogue, lanes, level: shape.level, parts, packed_a, steps };
                product.run(threads);
            });
        }
    });
}

/// The division of rows and of k.
#[derive(Clone, Copy)]
struct Parts {
    /// The first row of A that is processed, and the number of rows.
    first_row: usize,
    rows: usize,
    /// The number of rows of a tile.
    tile_rows: usize,
    /// The length of the parts of k.
    part: usize,
}

impl Parts {
    /// Packs the rows of A tile by tile. A tile has its `k` columns, so the parts of k of a tile follow each other.
    fn pack_left(self, threads: &Threads, a: Matrix, packed: &mut [f32]) {
        let k = a.columns;
        let tiles_per_task = (32 * 1024_usize).div_ceil(self.tile_rows * k);
        threads.split(chunks_mut(packed, tiles_per_task * self.tile_rows * k), &|task, packed| {
            for (i, packed) in packed.chunks_exact_mut(self.tile_rows * k).enumerate() {
                let row = (task * tiles_per_task + i) * self.tile_rows;
                let rows = self.tile_rows.min(self.rows - row);
                pack::left(a, self.first_row + row, rows, packed, self.tile_rows);
            }
        });
    }
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
    parts: Parts,
    /// The packed A; empty if A is read in place.
    packed_a: &'a [f32],
    /// The offsets for each k of a part, if A is read in place by rows.
    steps: &'a [Step],
}

// SAFETY: tasks write disjoint parts of C.
unsafe impl Sync for Product<'_> {}

impl Product<'_> {
    fn run(&self, threads: &Threads) {
        let (k, n, width, rows) = (self.a.columns, self.b.columns, 2 * self.lanes, self.parts.rows);
        let strips = n.div_ceil(width);
        let tiles = rows.div_ceil(self.parts.tile_rows);
        if rows * k * n < WORTH_THREADS {
            scratch::with(self.parts.part * width, |packed_b| {
                (0..strips).for_each(|strip| self.strip(strip, packed_b));
            });
        } else if strips >= MANY_STRIPS || strips >= tiles {
            threads.run_with_scratch(strips, self.parts.part * width, &|strip, packed_b| self.strip(strip, packed_b));
        } else {
            // C has few columns: the strips are packed first, and the tasks are groups of rows.
            scratch::with(strips * width * k, |packed_b| {
                threads.split(chunks_mut(packed_b, (width * k).max(1)), &|strip, packed_b| {
                    pack::right(self.b, 0, k, strip * width, width.min(n - strip * width), packed_b, width);
                });
                let task_rows = tiles.div_ceil(32) * self.parts.tile_rows;
                threads.run(rows.div_ceil(task_rows), &|task| {
                    let row = task * task_rows;
                    for strip in 0..strips {
                        for first_k in (0..k.max(1)).step_by(self.parts.part) {
                            let b = &packed_b[strip * width * k + first_k * width..];
                            self.part(row, task_rows.min(rows - row), strip, first_k, b, width);
                        }
                    }
                });
            });
        }
    }

    /// Computes all rows of one strip; B is packed part by part.
    fn strip(&self, strip: usize, packed_b: &mut [f32]) {
        let (k, width, rows) = (self.a.columns, 2 * self.lanes, self.parts.rows);
        let first_column = strip * width;
        let columns = width.min(self.b.columns - first_column);
        // With a single tile, each number of B is read only once, and packing would be the larger half of the work.
        let read_in_place = rows <= self.parts.tile_rows
            && self.b.column_stride == 1
            && columns % self.lanes == 0
            && self.steps.is_empty();
        for first_k in (0..k.max(1)).step_by(self.parts.part) {
            let part = self.parts.part.min(k - first_k);
            if read_in_place && k > 0 {
                let b = &self.b.data[first_k * self.b.row_stride + first_column..];
                assert!(part == 0 || (part - 1) * self.b.row_stride + columns <= b.len());
                self.part(0, rows, strip, first_k, b, self.b.row_stride);
            } else {
                pack::right(self.b, first_k, part, first_column, columns, packed_b, width);
                self.part(0, rows, strip, first_k, packed_b, width);
            }
        }
    }

    /// Computes some rows of one strip over one part of k; `b` is the strip's part of B, with rows `b_step` apart.
    fn part(&self, row: usize, rows: usize, strip: usize, first_k: usize, b: &[f32], b_step: usize) {
        let Parts { first_row, tile_rows, part, .. } = self.parts;
        let (k, n, m, width) = (self.a.columns, self.b.columns, self.a.rows, 2 * self.lanes);
        let column = strip * width;
        let columns = width.min(n - column);
        let k_now = part.min(k - first_k);
        let global_row = first_row + row;
        let in_a = global_row * self.a.row_stride + first_k * self.a.column_stride;
        let (a, a_tile, inner) = if !self.packed_a.is_empty() {
            // `row` is the first row of a tile, and a packed tile is tile_rows by k.
            let a = &self.packed_a[row * k + first_k * tile_rows..];
            (a.as_ptr(), tile_rows * k, Inner::Even { a: tile_rows, b: b_step })
        } else if self.steps.is_empty() {
            let a = self.a.data.as_ptr().wrapping_add(in_a);
            (a, tile_rows, Inner::Even { a: self.a.column_stride, b: b_step })
        } else {
            let stride = self.a.row_stride;
            let a = self.a.data.as_ptr().wrapping_add(in_a);
            (a, tile_rows * stride, Inner::Listed { stride, rows: &[], steps: self.steps })
        };
        let (c, c_row, c_column) = match self.order {
            Order::Rows => (global_row * n + column, n, 1),
            Order::Columns => (column * m + global_row, 1, m),
        };
        let start = match self.epilogue.bias {
            Bias::Rows(bias) if first_k == 0 => Start::Rows(bias[global_row..].as_ptr()),
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
        };
        // SAFETY: a `Matrix` lies within its data and C has m·n elements; these rows and columns are inside both, and
        // no other task writes them. `b` holds `k_now` rows of whole registers: it is packed, or `strip` has checked
        // it.
        unsafe { strip.run() }
    }
}
