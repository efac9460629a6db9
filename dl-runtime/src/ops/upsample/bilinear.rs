//! Bilinear upsampling of a plane: rows are interpolated along their columns once, and then with each other.

use super::UpsampleSizes;
use crate::device::cpu::simd::simd;

/// Where a column of the output comes from: two columns of the input, as bits of integers, and their weights.
type Column = [f32; 4];

/// The margin of a row of gradients on each side.
const MARGIN: usize = 2;

impl UpsampleSizes {
    /// Returns the width of an output row.
    pub(super) fn row(&self) -> usize {
        self.image[1] * self.factor[1]
    }
    /// Returns the scratch memory of a task: the columns, and two rows with their margins.
    pub(super) fn scratch(&self) -> usize {
        4 * self.row() + 2 * (self.row() + 2 * MARGIN)
    }
    /// Returns `true` if columns are quarters of their neighbours.
    fn is_twice(&self, align_corners: bool) -> bool {
        self.factor[1] == 2 && !align_corners
    }
    /// Splits scratch memory into the columns, which are filled, and two rows.
    fn parts<'s>(&self, align_corners: bool, scratch: &'s mut [f32]) -> (&'s [Column], [&'s mut [f32]; 2]) {
        let (columns, rows) = scratch.split_at_mut(4 * self.row());
        let columns = columns.as_chunks_mut::<4>().0;
        for (c, to) in columns.iter_mut().enumerate() {
            let ([i, j], [left, right]) = self.source(align_corners, 1, c);
            *to = [f32::from_bits(i as u32), f32::from_bits(j as u32), left, right];
        }
        (columns, rows.split_at_mut(self.row() + 2 * MARGIN).into())
    }
}

simd! {
    /// Computes whole planes.
    pub(super) fn forward<S>(s: &UpsampleSizes, align_corners: bool, x: &[f32], y: &mut [f32], scratch: &mut [f32]) {
        let (width, row, twice) = (s.image[1], s.row(), s.is_twice(align_corners));
        let (columns, [mut above, mut below]) = s.parts(align_corners, scratch);
        for (x, y) in x.chunks_exact(s.image[0] * width).zip(y.chunks_exact_mut(s.image[0] * s.factor[0] * row)) {
            // The rows of the input that both hold.
            let mut held = [usize::MAX; 2];
            for (r, y) in y.chunks_exact_mut(row).enumerate() {
                let (lines, [upper, lower]) = s.source(align_corners, 0, r);
                if held[1] == lines[0] {
                    (above, below, held) = (below, above, [held[1], held[0]]);
                }
                for ((to, held), line) in [&mut *above, &mut *below].into_iter().zip(&mut held).zip(lines) {
                    if *held != line {
                        let x = &x[line * width..][..width];
                        if twice { widen_twice(x, &mut to[..row]) } else { widen(columns, x, to) }
                        *held = line;
                    }
                }
                for ((y, above), below) in y.iter_mut().zip(&*above).zip(&*below) {
                    *y = upper * above + lower * below;
                }
            }
        }
    }

    /// Adds the gradient of whole planes to `dx`.
    pub(super) fn backward<S>(s: &UpsampleSizes, align_corners: bool, dy: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let (width, row, twice) = (s.image[1], s.row(), s.is_twice(align_corners));
        let (columns, [mut above, mut below]) = s.parts(align_corners, scratch);
        for (dy, dx) in dy.chunks_exact(s.image[0] * s.factor[0] * row).zip(dx.chunks_exact_mut(s.image[0] * width)) {
            let mut add = |line: usize, sums: &mut [f32]| {
                let dx = &mut dx[line * width..][..width];
                if twice { narrow_twice(sums, dx) } else { narrow(columns, &sums[MARGIN..], dx) }
            };
            // The rows of the input whose gradients are being summed.
            let mut held = s.source(align_corners, 0, 0).0;
            above.fill(0.0);
            below.fill(0.0);
            for (r, dy) in dy.chunks_exact(row).enumerate() {
                let (lines, [upper, lower]) = s.source(align_corners, 0, r);
                if lines != held {
                    add(held[0], above);
                    (above, below) = (below, above);
                    below.fill(0.0);
                    held = lines;
                }
                let sums = above[MARGIN..].iter_mut().zip(&mut below[MARGIN..]);
                for ((above, below), dy) in sums.zip(dy) {
                    *above += upper * dy;
                    *below += lower * dy;
                }
            }
            add(held[0], above);
            add(held[1], below);
        }
    }
}

/// Interpolates along a row.
#[inline(always)]
fn widen(columns: &[Column], x: &[f32], y: &mut [f32]) {
    for (y, [i, j, left, right]) in y.iter_mut().zip(columns) {
        *y = left * x[i.to_bits() as usize] + right * x[j.to_bits() as usize];
    }
}

/// Interpolates along a row to twice the width: quarters of neighbours, and the outermost numbers at the ends.
#[inline(always)]
fn widen_twice(x: &[f32], y: &mut [f32]) {
    let (last, pairs) = (x.len() - 1, y.as_chunks_mut::<2>().0);
    let [before, after] = [&x[..last], &x[1..]];
    for (pair, (x, after)) in pairs.iter_mut().zip(x.iter().zip(after)) {
        pair[1] = 0.75 * x + 0.25 * after;
    }
    for (pair, (x, before)) in pairs[1..].iter_mut().zip(after.iter().zip(before)) {
        pair[0] = 0.25 * before + 0.75 * x;
    }
    (pairs[0][0], pairs[last][1]) = (x[0], x[last]);
}

/// Adds the gradients of a row to those of the columns that it was interpolated from.
#[inline(always)]
fn narrow(columns: &[Column], dy: &[f32], dx: &mut [f32]) {
    for (dy, [i, j, left, right]) in dy.iter().zip(columns) {
        dx[i.to_bits() as usize] += left * dy;
        dx[j.to_bits() as usize] += right * dy;
    }
}

/// [`narrow`] after [`widen_twice`]. The margins of `dy` get what the outermost numbers give to the outermost columns once more.
#[inline(always)]
fn narrow_twice(dy: &mut [f32], dx: &mut [f32]) {
    let (first, last) = (MARGIN, dy.len() - MARGIN - 1);
    (dy[first - 1], dy[last + 1]) = (dy[first], dy[last]);
    let pairs = dy.as_chunks::<2>().0;
    let around = pairs.iter().zip(&pairs[1..]).zip(&pairs[2..]);
    for (dx, ((before, own), after)) in dx.iter_mut().zip(around) {
        *dx += 0.75 * (own[0] + own[1]) + 0.25 * (before[1] + after[0]);
    }
}
