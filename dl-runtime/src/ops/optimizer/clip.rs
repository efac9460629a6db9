//! The kernels of gradient clipping.

use super::segments::BLOCK;
use super::{FiniteCheck, Segment, Segments};
use crate::Role;
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;

/// Returns the factor that limits the norm of a gradient to about `limit`: `min(1, limit / (norm + 1e-6))`, as in
/// PyTorch's `clip_grad_norm_`.
pub fn clip_factor(limit: f64, norm: f64) -> f32 {
    (limit / (norm + 1e-6)).min(1.0) as f32
}

/// The kernels of gradient clipping.
pub trait ClipKernel: Storage {
    /// Scales the gradient `g` so that its norm is at most `limit`, and records its former norm in the words of the
    /// [`FiniteCheck`]. The squares are summed in double precision, in a fixed order.
    fn clip_norm(&self, segments: &Segments<Self>, limit: f64, g: Self::Mut<'_, f32>, finite_check: Self::Mut<'_, u32>);
    /// Limits every element of the gradient `g` to `-limit..=limit`.
    fn clip_value(&self, segments: &Segments<Self>, limit: f32, g: Self::Mut<'_, f32>);
}

/// The largest number of tasks that share a sum. Their results fit on the stack.
const TASKS: usize = 64;
/// The number of sums of a task, which are independent so that they vectorise.
const LANES: usize = 16;

simd! {
    fn sum_of_squares<S>(g: &[f32]) -> f64 {
        let mut lanes = [0f64; LANES];
        let (whole, rest) = g.as_chunks::<LANES>();
        for g in whole {
            for (lane, g) in lanes.iter_mut().zip(g) {
                *lane += f64::from(*g) * f64::from(*g);
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>()
    }
    fn scale<S>(factor: f32, g: &mut [f32]) {
        g.iter_mut().for_each(|g| *g *= factor);
    }
    fn clamp<S>(limit: f32, g: &mut [f32]) {
        // `f32::clamp` would panic if the limit is NaN; here, such a limit changes nothing.
        g.iter_mut().for_each(|g| *g = if *g > limit { limit } else if *g < -limit { -limit } else { *g });
    }
}

impl ClipKernel for Cpu {
    fn clip_norm(&self, segments: &Segments<Cpu>, limit: f64, g: &mut [f32], finite_check: &mut [u32]) {
        let mut total = 0.0;
        for segment in trained(&segments.list) {
            let g = &g[segment.start..segment.end];
            let size = g.len().div_ceil(TASKS).max(4096).next_multiple_of(LANES);
            let mut sums = [0.0; TASKS];
            let parts = (chunks(g, size), chunks_mut(&mut sums[..g.len().div_ceil(size)], 1));
            self.threads().split(parts, &|_, (g, sum)| sum[0] = sum_of_squares(g));
            total += sums.iter().sum::<f64>();
        }
        FiniteCheck::note_norm(finite_check, total.sqrt());
        let factor = clip_factor(limit, total.sqrt());
        if factor < 1.0 {
            for s in trained(&segments.list) {
                self.threads().split(chunks_mut(&mut g[s.start..s.end], BLOCK), &|_, g| scale(factor, g));
            }
        }
    }
    fn clip_value(&self, segments: &Segments<Cpu>, limit: f32, g: &mut [f32]) {
        for s in trained(&segments.list) {
            self.threads().split(chunks_mut(&mut g[s.start..s.end], BLOCK), &|_, g| clamp(limit.abs(), g));
        }
    }
}

/// Returns the segments that are trained.
fn trained(segments: &[Segment]) -> impl Iterator<Item = &Segment> {
    segments.iter().filter(|s| s.role != Role::Statistic && s.start < s.end)
}
