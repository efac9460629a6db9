//! The gradient of the maximum of sliding windows: for a row of windows at once, the places of the maxima, and then their gradients.

use super::PoolSizes;
use super::sliding::{Columns, wins};
use crate::device::cpu::simd::simd;

/// The number of windows of a row is rounded up to a multiple of this, a register, for loops without a rest: rows of images are short.
const LANES: usize = 16;

impl Columns {
    fn windows(s: &PoolSizes) -> usize {
        s.output[1].next_multiple_of(LANES)
    }
    /// Returns the length of each part of a [`Line`].
    fn part(self, s: &PoolSizes) -> usize {
        let of_windows = Self::windows(s) + (self.kernel - 1) / self.stride;
        of_windows.max((self.padding + s.image[1]).div_ceil(self.stride))
    }
    /// Returns the scratch memory of [`gradient`]: a line of the image, and for each window its maximum and where that is.
    pub(super) fn scratch(self, s: &PoolSizes) -> usize {
        self.stride * self.part(s) + 2 * Self::windows(s)
    }
}

/// A row of an image with its padding. The columns with the same remainder modulo the stride lie side by side, so that the windows of a
/// row read neighbours.
struct Line<'a> {
    memory: &'a mut [f32],
    of: Columns,
    part: usize,
}

impl<'a> Line<'a> {
    /// Returns a line of padding; the memory has `stride` parts.
    #[inline(always)]
    fn new(s: &PoolSizes, of: Columns, padding: f32, memory: &'a mut [f32]) -> Self {
        memory.fill(padding);
        Line { memory, of, part: of.part(s) }
    }
    /// Replaces the row between the padding.
    #[inline(always)]
    fn set(&mut self, row: &[f32]) {
        let Columns { stride, padding, .. } = self.of;
        for (i, to) in self.memory.chunks_exact_mut(self.part).enumerate() {
            // The first column of the row with this remainder.
            let first = (i + stride - padding % stride) % stride;
            let (to, row) = (&mut to[(first + padding) / stride..], &row[first.min(row.len())..]);
            match stride {
                1 => to[..row.len()].copy_from_slice(row),
                2 => {
                    let (pairs, rest) = row.as_chunks::<2>();
                    to.iter_mut().zip(pairs).for_each(|(to, pair)| *to = pair[0]);
                    rest.iter().for_each(|x| to[pairs.len()] = *x);
                }
                _ => to.iter_mut().zip(row.iter().step_by(stride)).for_each(|(to, x)| *to = *x),
            }
        }
    }
    /// Returns element `tap` of each window of the row.
    #[inline(always)]
    fn tap(&self, tap: usize) -> &[f32] {
        &self.memory[tap % self.of.stride * self.part..][..self.part][tap / self.of.stride..]
    }
}

simd! {
    /// Adds the gradient of one plane to `dx`. `scratch` has room for [`Columns::scratch`] numbers.
    pub(super) fn gradient<S>(s: &PoolSizes, of: Columns, x: &[f32], dy: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let (width, Columns { kernel, stride, padding }) = (s.image[1], of);
        let (best, rest) = scratch.split_at_mut(Columns::windows(s));
        let (places, line) = rest.split_at_mut(Columns::windows(s));
        let mut line = Line::new(s, of, f32::NEG_INFINITY, line);
        for (r, dy) in dy.chunks_exact(s.output[1]).enumerate() {
            let rows = s.range(0, r);
            best.fill(f32::NEG_INFINITY);
            // Places are integers in the memory of floats. If nothing is larger than negative infinity, the first element behind the
            // padding is the maximum.
            places.iter_mut().enumerate().for_each(|(c, to)| *to = f32::from_bits(padding.saturating_sub(c * stride) as u32));
            for (i, row) in x[rows.start * width..rows.end * width].chunks_exact(width).enumerate() {
                line.set(row);
                for tap in 0..kernel {
                    let place = f32::from_bits((i * width + tap) as u32);
                    for ((best, to), x) in best.iter_mut().zip(&mut *places).zip(line.tap(tap)) {
                        let wins = wins(*x, *best);
                        *best = if wins { *x } else { *best };
                        *to = if wins { place } else { *to };
                    }
                }
            }
            let dx = &mut dx[rows.start * width..];
            for (c, (dy, place)) in dy.iter().zip(&*places).enumerate() {
                dx[c * stride + place.to_bits() as usize - padding] += dy;
            }
        }
    }

    /// Computes the gradient of one plane of 2×2 windows. `width` is the width of the input. It writes all elements except those of an odd
    /// last row. `places` has room for a row of windows.
    pub(super) fn two_by_two<S>(x: &[f32], width: usize, dy: &[f32], dx: &mut [f32], places: &mut [f32], add: bool) {
        let rows = x.chunks_exact(2 * width).zip(dy.chunks_exact(places.len())).zip(dx.chunks_exact_mut(2 * width));
        for ((x, dy), dx) in rows {
            if !add && width % 2 == 1 {
                (dx[width - 1], dx[2 * width - 1]) = (0.0, 0.0);
            }
            let (above, below) = x.split_at(width);
            // Two short loops, since one long one is not vectorised.
            let elements = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
            places.iter_mut().zip(elements).for_each(|(to, (above, below))| *to = f32::from_bits(place(above, below)));
            for (row, dx) in dx.chunks_exact_mut(width).enumerate() {
                let first = 2 * row as u32;
                for ((dx, place), dy) in dx.as_chunks_mut::<2>().0.iter_mut().zip(&*places).zip(dy) {
                    let place = place.to_bits();
                    let left = if place == first { *dy } else { 0.0 };
                    let right = if place == first + 1 { *dy } else { 0.0 };
                    *dx = if add { [dx[0] + left, dx[1] + right] } else { [left, right] };
                }
            }
        }
    }
}

/// Returns the number of the first maximum, or of the last NaN, of a 2×2 window in reading order.
#[inline(always)]
fn place(above: &[f32; 2], below: &[f32; 2]) -> u32 {
    let (mut best, mut place) = (above[0], 0);
    for (k, x) in [(1, above[1]), (2, below[0]), (3, below[1])] {
        let wins = wins(x, best);
        best = if wins { x } else { best };
        place = if wins { k } else { place };
    }
    place
}
