//! Copies of the operands of a tile in the scratch memory of a task: rows of one head, and their transposes.

use super::tile::STEP;
use crate::device::cpu::simd::simd;
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
}

/// Transposes copied rows.
pub(super) fn transpose(rows: &[f32], wide: usize, count: usize, features: usize, to: &mut [f32]) {
    pack::transpose(rows, wide, count, features, to, STEP);
}

simd! {
    fn copy<S>(from: &[f32], stride: usize, len: usize, rows: usize, scale: f32, to: &mut [f32], wide: usize) -> bool {
        let mut zero = 0.0;
        for (row, to) in to.chunks_exact_mut(wide).enumerate().take(rows) {
            for (to, from) in to.iter_mut().zip(&from[row * stride..][..len]) {
                *to = from * scale;
            }
            to[len..].fill(0.0);
            // A product of 0 with a number that is not finite is NaN.
            zero += crate::device::cpu::simd::sum::<S, 1>([&to[..len]], |[x]| x * 0.0);
        }
        zero == 0.0
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
