//! The kernel of LAMB, whose steps depend on the norms of whole tensors.

use super::segments::{BLOCK, flush, not_finite};
use super::{FiniteCheck, TensorStep};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// The factors of one step of [`Lamb`](crate::optim::Lamb) on one tensor. The direction is
/// `u = size·m / (√v·root + ε) + decay·w`.
#[derive(Clone, Copy, Debug)]
pub struct LambStep {
    /// The learning rate.
    pub rate: f32,
    /// `1 - β₁`.
    pub first: f32,
    /// β₂.
    pub second: f32,
    /// `1 - β₂`.
    pub second_rest: f32,
    /// `1 / (1 - β₁ᵗ)`.
    pub size: f32,
    /// `1 / √(1 - β₂ᵗ)`.
    pub root: f32,
    /// ε.
    pub epsilon: f32,
    /// The weight decay λ.
    pub decay: f32,
    /// 1 if the step is multiplied by ‖w‖/‖u‖, else 0.
    pub trusts: f32,
}

/// The kernel of [`Lamb`](crate::optim::Lamb).
pub trait LambKernel: Storage {
    /// Performs one step on a tensor and its running means, `m` of the gradient and `v` of its square. The squares of the
    /// norms are summed in double precision, in a fixed order.
    fn lamb(&self, step: LambStep, tensor: TensorStep<'_, Self>, m: Self::Mut<'_, f32>, v: Self::Mut<'_, f32>);
}

/// Returns ‖w‖/‖u‖ from the squares of the norms, or 1 if one of them is 0.
fn trust(weights: f64, directions: f64) -> f32 {
    if weights == 0.0 || directions == 0.0 { 1.0 } else { (weights.sqrt() / directions.sqrt()) as f32 }
}

#[inline(always)]
fn direction(s: LambStep, w: f32, m: f32, v: f32) -> f32 {
    s.size * m / (v.sqrt() * s.root + s.epsilon) + s.decay * w
}

/// The number of sums of a task, which are independent so that they vectorise.
const LANES: usize = 16;

simd! {
    /// Updates the means, and returns the sums of the squares of the weights and of the direction.
    fn means<S>(s: LambStep, w: &[f32], g: &[f32], m: &mut [f32], v: &mut [f32]) -> [f64; 2] {
        let mut sums = [[0f64; LANES]; 2];
        for (i, (((w, g), m), v)) in w.iter().zip(g).zip(m).zip(v).enumerate() {
            *m = flush(*m + s.first * (g - *m));
            *v = flush(s.second * *v + s.second_rest * (g * g));
            let u = direction(s, *w, *m, *v);
            sums[0][i % LANES] += f64::from(*w) * f64::from(*w);
            sums[1][i % LANES] += f64::from(u) * f64::from(u);
        }
        sums.map(|lanes| lanes.iter().sum())
    }
    /// Moves the weights. Returns `true` if a new one is not finite.
    fn shift<S>(s: LambStep, trust: f32, w: &mut [f32], m: &[f32], v: &[f32]) -> bool {
        let mut bad = false;
        for ((w, m), v) in w.iter_mut().zip(m).zip(v) {
            *w -= s.rate * (trust * direction(s, *w, *m, *v));
            bad |= not_finite(*w);
        }
        bad
    }
}

impl LambKernel for Cpu {
    fn lamb(&self, s: LambStep, tensor: TensorStep<'_, Cpu>, m: &mut [f32], v: &mut [f32]) {
        /// The largest number of tasks that share a sum. Their results fit on the stack.
        const TASKS: usize = 64;
        let TensorStep { weights: w, gradients: g, finite_check } = tensor;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let size = w.len().div_ceil(TASKS).max(4096).next_multiple_of(LANES);
        let mut sums = [[0.0; 2]; TASKS];
        let data = (chunks(w, size), chunks(g, size), chunks_mut(m, size), chunks_mut(v, size));
        let sums = &mut sums[..w.len().div_ceil(size)];
        self.threads().split((data, chunks_mut(sums, 1)), &|_, ((w, g, m, v), sum)| sum[0] = means(s, w, g, m, v));
        let total = |which: usize| sums.iter().map(|sums| sums[which]).sum();
        let trust = if s.trusts != 0.0 { trust(total(0), total(1)) } else { 1.0 };
        let finite = AtomicBool::new(true);
        self.threads().split((chunks_mut(w, BLOCK), chunks(m, BLOCK), chunks(v, BLOCK)), &|_, (w, m, v)| {
            if shift(s, trust, w, m, v) {
                finite.store(false, Ordering::Relaxed);
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), g);
    }
}
