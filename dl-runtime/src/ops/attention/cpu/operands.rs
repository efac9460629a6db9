//! Copies of the operands of a tile in the scratch memory of a task: rows of one head, and their transposes.

use super::tile::STEP;
use crate::device::cpu::simd::{Vector, prefetch_l2, simd, sum};
use crate::ops::matmul::pack;
use std::ops::Range;

/// The features of one head in rows of the batch.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    data: &'a [f32],
    row: usize,
    first: usize,
    len: usize,
}

impl<'a> Head<'a> {
    /// Returns the first of the heads of `len` features in rows of `row` numbers, which begin at column `first`.
    pub(super) fn new(data: &'a [f32], row: usize, first: usize, len: usize) -> Self {
        Head { data, row, first, len }
    }
    /// Returns the head `head`, counted from this one.
    pub(super) fn head(self, head: usize) -> Self {
        Head { first: self.first + head * self.len, ..self }
    }
    /// Copies rows of the batch to rows of `wide` numbers, times `scale`, with zeros behind; returns whether all numbers are finite.
    pub(super) fn copy(self, rows: Range<usize>, scale: f32, to: &mut [f32], wide: usize) -> bool {
        copy(&self.data[rows.start * self.row + self.first..], self.row, self.len, rows.len(), scale, to, wide)
    }
    /// Transposes rows of the batch: `to` gets a row of `STEP` numbers for every feature.
    pub(super) fn transpose(self, rows: Range<usize>, to: &mut [f32]) {
        let from = &self.data[rows.start * self.row + self.first..];
        pack::transpose(from, self.row, rows.len(), self.len, to, STEP);
    }
    /// Returns the numbers from the first of the head in a row on, and the distance of rows.
    pub(super) fn rows_from(self, row: usize) -> (&'a [f32], usize) {
        (&self.data[row * self.row + self.first..], self.row)
    }
    /// Calls `body` with every one of these rows of the batch.
    pub(super) fn each_row(self, rows: Range<usize>, mut body: impl FnMut(usize, &[f32])) {
        for (i, row) in rows.enumerate() {
            body(i, &self.data[row * self.row + self.first..][..self.len]);
        }
    }
    /// Writes the sum of products of every one of these rows of the batch with a row of `others`, which has rows of `wide` numbers.
    pub(super) fn dots(self, rows: Range<usize>, others: &[f32], wide: usize, to: &mut [f32]) {
        dots(&self.data[rows.start * self.row + self.first..], self.row, self.len, others, wide, &mut to[..rows.len()]);
    }
}

/// Transposes copied rows.
pub(super) fn transpose(rows: &[f32], wide: usize, count: usize, features: usize, to: &mut [f32]) {
    pack::transpose(rows, wide, count, features, to, STEP);
}

simd! {
    /// Copies rows of `len` numbers, `stride` apart, times `scale`, to rows of `wide` numbers, with zeros behind; returns whether all are
    /// finite. The columns behind are asked for: those of the next head, which a task reads soon.
    fn copy<S>(from: &[f32], stride: usize, len: usize, rows: usize, scale: f32, to: &mut [f32], wide: usize) -> bool {
        let lanes = S::F32::LANES;
        if rows == 0 {
            return true;
        }
        let fit = (rows - 1) * stride + len <= from.len() && len <= wide && rows * wide <= to.len();
        assert!(fit, "rows of a head");
        let (nothing, scale) = (S::F32::splat(0.0), S::F32::splat(scale));
        let mut zeros = nothing;
        for row in 0..rows {
            for column in (0..wide).step_by(lanes) {
                let count = len.saturating_sub(column).min(lanes);
                // SAFETY: by the assertion, `count` numbers from here on are inside the row of `from`, and as many as are stored inside
                // that of `to`.
                unsafe {
                    let at = from.as_ptr().wrapping_add(row * stride + column);
                    let x = if count == lanes { S::F32::load(at) } else { S::F32::load_first(at, count) };
                    prefetch_l2(at.wrapping_add(len));
                    let x = x.mul_add(scale, nothing);
                    // A product of 0 with a number that is not finite is NaN.
                    zeros = x.mul_add(nothing, zeros);
                    let to = to.as_mut_ptr().add(row * wide + column);
                    if column + lanes <= wide { x.store(to) } else { x.store_first(to, wide - column) }
                }
            }
        }
        zeros.sum() == 0.0
    }

    /// The sums of products of rows of `len` numbers, which are `stride` and `wide` apart.
    fn dots<S>(a: &[f32], stride: usize, len: usize, b: &[f32], wide: usize, to: &mut [f32]) {
        for (row, to) in to.iter_mut().enumerate() {
            *to = sum::<S, 2>([&a[row * stride..][..len], &b[row * wide..][..len]], |[a, b]| a * b);
        }
    }
}

/// Computes what a product would, where an operand has numbers that are not finite: only those that are seen reach the result. `seen` has
/// the columns of every row of `p`, and `b` a row of `wide` numbers for each of its rows, to whose columns in `c` it is added; or, if
/// `transposed`, for each of its columns.
pub(super) fn add_seen(p: &[f32], seen: &[Range<usize>], b: &[f32], c: &mut [f32], wide: usize, transposed: bool) {
    for (row, seen) in seen.iter().enumerate() {
        for column in seen.clone() {
            let (from, to) = if transposed { (column, row) } else { (row, column) };
            let p = p[row * STEP + column];
            let (b, c) = (&b[from * wide..][..wide], &mut c[to * wide..][..wide]);
            c.iter_mut().zip(b).for_each(|(c, b)| *c += p * b);
        }
    }
}
