//! Softmax of `[classes, positions]`, whose classes are apart in memory: some neighbouring positions at a time, side by side.

use super::SoftmaxOp;
use crate::device::cpu::simd::{math, simd};
use crate::ops::parts::accumulate;
use crate::tensor::Write;

/// The most positions that are computed together. A class of so many numbers is read from memory at nearly full speed, and 100 classes
/// stay in the L1 cache between the passes over them.
const GROUP: usize = 128;

/// Calls `f(first, positions)` for groups of positions of every sample: the offset of the group and its number of positions.
#[inline(always)]
fn groups(s: SoftmaxOp, len: usize, mut f: impl FnMut(usize, usize)) {
    for sample in (0..len).step_by(s.classes * s.positions) {
        for position in (0..s.positions).step_by(GROUP) {
            f(sample + position, GROUP.min(s.positions - position));
        }
    }
}

simd! {
    /// Replaces the numbers at every position by their softmax, or by the logarithm of that.
    pub(super) fn forward<S>(s: SoftmaxOp, x: &mut [f32]) {
        groups(s, x.len(), |first, n| {
            let class = |class: usize| first + class * s.positions..first + class * s.positions + n;
            let (mut largest, mut sums) = ([f32::NEG_INFINITY; GROUP], [0.0; GROUP]);
            let (largest, sums) = (&mut largest[..n], &mut sums[..n]);
            for c in 0..s.classes {
                largest.iter_mut().zip(&x[class(c)]).for_each(|(best, x)| *best = if *x > *best { *x } else { *best });
            }
            for c in 0..s.classes {
                for ((x, largest), sum) in x[class(c)].iter_mut().zip(&*largest).zip(&mut *sums) {
                    let power = math::exp::<S>(*x - largest);
                    *sum += power;
                    *x = if s.log { *x - largest } else { power };
                }
            }
            sums.iter_mut().for_each(|sum| *sum = if s.log { math::ln::<S>(*sum) } else { 1.0 / *sum });
            for c in 0..s.classes {
                let x = x[class(c)].iter_mut().zip(&*sums);
                if s.log { x.for_each(|(x, log_sum)| *x -= log_sum) } else { x.for_each(|(x, inverse)| *x *= inverse) }
            }
        });
    }

    /// `dx = y·(dy - Σ dy·y)`, or `dy - e^y·Σ dy`, at every position.
    pub(super) fn backward<S>(s: SoftmaxOp, y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
        groups(s, y.len(), |first, n| {
            let class = |class: usize| first + class * s.positions..first + class * s.positions + n;
            let mut sums = [0.0; GROUP];
            let sums = &mut sums[..n];
            for c in 0..s.classes {
                let elements = sums.iter_mut().zip(y[class(c)].iter().zip(&dy[class(c)]));
                elements.for_each(|(sum, (y, dy))| *sum += if s.log { *dy } else { y * dy });
            }
            for c in 0..s.classes {
                let elements = dx[class(c)].iter_mut().zip(y[class(c)].iter().zip(&dy[class(c)])).zip(&*sums);
                if s.log {
                    elements.for_each(|((dx, (y, dy)), sum)| accumulate(dx, dy - math::exp::<S>(*y) * sum, write));
                } else {
                    elements.for_each(|((dx, (y, dy)), sum)| accumulate(dx, y * (dy - sum), write));
                }
            }
        });
    }
}
