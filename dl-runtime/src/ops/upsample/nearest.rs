//! Upsampling of planes by repetition.

use super::UpsampleSizes;
use crate::device::cpu::simd::simd;

simd! {
    /// Computes whole planes.
    pub(super) fn forward<S>(s: &UpsampleSizes, x: &[f32], y: &mut [f32]) {
        let ([rows, columns], row) = (s.factor, s.row());
        for (x, y) in x.chunks_exact(s.image[1]).zip(y.chunks_exact_mut(rows * row)) {
            let (first, others) = y.split_at_mut(row);
            match columns {
                2 => first.as_chunks_mut::<2>().0.iter_mut().zip(x).for_each(|(y, x)| *y = [*x; 2]),
                _ => first.chunks_exact_mut(columns).zip(x).for_each(|(y, x)| y.fill(*x)),
            }
            others.chunks_exact_mut(row).for_each(|y| y.copy_from_slice(first));
        }
    }

    /// Adds the gradient of whole planes to `dx`. `scratch` has room for a row of the output.
    pub(super) fn backward<S>(s: &UpsampleSizes, dy: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let ([rows, columns], row) = (s.factor, s.row());
        let sums = &mut scratch[..row];
        for (dy, dx) in dy.chunks_exact(rows * row).zip(dx.chunks_exact_mut(s.image[1])) {
            let (first, others) = dy.split_at(row);
            sums.copy_from_slice(first);
            others.chunks_exact(row).for_each(|dy| sums.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy));
            match columns {
                2 => dx.iter_mut().zip(sums.as_chunks::<2>().0).for_each(|(dx, sum)| *dx += sum[0] + sum[1]),
                _ => dx.iter_mut().zip(sums.chunks_exact(columns)).for_each(|(dx, sum)| *dx += sum.iter().sum::<f32>()),
            }
        }
    }
}
