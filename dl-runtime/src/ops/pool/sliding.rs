//! The maximum of sliding windows, row by row: first over the rows of the windows, then over their columns.

use super::PoolSizes;
use crate::device::cpu::simd::simd;

/// The windows of one axis of a row.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Columns {
    /// Returns the number of columns that the windows of a row of `output` columns cover, or that the image has behind its padding.
    pub fn line(self, s: &PoolSizes) -> usize {
        let covered = s.output[1].saturating_sub(1) * self.stride + self.kernel;
        covered.max(self.padding + s.image[1]) + self.stride
    }
}

/// Returns `true` if `x`, which comes later in reading order, replaces the maximum `best`.
#[inline(always)]
pub(super) fn wins(x: f32, best: f32) -> bool {
    // Without a branch, which random numbers would mislead.
    (x > best) | x.is_nan()
}

/// Returns `x` if it is larger than `best` or NaN.
#[inline(always)]
fn larger(best: f32, x: f32) -> f32 {
    if wins(x, best) { x } else { best }
}

simd! {
    /// Computes one plane. `line` has room for [`Columns::line`] numbers.
    pub(super) fn maxima<S>(s: &PoolSizes, of: Columns, x: &[f32], y: &mut [f32], line: &mut [f32]) {
        let (width, Columns { kernel, stride, padding }) = (s.image[1], of);
        line.fill(f32::NEG_INFINITY);
        for (r, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
            let mut rows = x[s.range(0, r).start * width..s.range(0, r).end * width].chunks_exact(width);
            let image = &mut line[padding..padding + width];
            if let Some(first) = rows.next() {
                image.copy_from_slice(first);
            }
            for row in rows {
                image.iter_mut().zip(row).for_each(|(best, x)| *best = larger(*best, *x));
            }
            y.fill(f32::NEG_INFINITY);
            for tap in 0..kernel {
                let columns = &line[tap..];
                match stride {
                    1 => y.iter_mut().zip(columns).for_each(|(best, x)| *best = larger(*best, *x)),
                    2 => {
                        let pairs = columns.as_chunks::<2>().0;
                        y.iter_mut().zip(pairs).for_each(|(best, x)| *best = larger(*best, x[0]));
                    }
                    _ => y.iter_mut().zip(columns.iter().step_by(stride)).for_each(|(best, x)| *best = larger(*best, *x)),
                }
            }
        }
    }
}
