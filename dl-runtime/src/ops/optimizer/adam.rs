//! The kernel of Adam and AdamW, one pass over the weights and two running means.

use super::segments::{BLOCK, flush, not_finite, parts};
use super::{DecayStep, FiniteCheck, OptimizerStep};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// The factors of one step of Adam.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// `1 - β₁`.
    pub first: f32,
    /// β₂ and `1 - β₂`.
    pub second: (f32, f32),
    /// `lr / (1 - β₁ᵗ)`.
    pub size: f32,
    /// `1 / √(1 - β₂ᵗ)`.
    pub root: f32,
    /// ε.
    pub epsilon: f32,
    /// The weight decay.
    pub decay: DecayStep,
}

/// The kernel of [`Adam`](crate::optim::Adam) and [`AdamW`](crate::optim::AdamW).
pub trait AdamKernel: Storage {
    /// Performs one step on the weights and their running means, `m` of the gradient and `v` of its square.
    fn adam(&self, step: AdamStep, weights: OptimizerStep<'_, Self>, m: Self::Mut<'_, f32>, v: Self::Mut<'_, f32>);
}

simd! {
    /// Performs one step on weights of one role. Returns `true` if a new weight is not finite.
    fn adam<S>(s: AdamStep, decay: (f32, f32), w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) -> bool {
        let mut bad = false;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = *g + decay.0 * *w;
            *m = flush(*m + s.first * (g - *m));
            *v = flush(s.second.0 * *v + s.second.1 * (g * g));
            *w = *w * decay.1 - s.size * *m / (v.sqrt() * s.root + s.epsilon);
            bad |= not_finite(*w);
        }
        bad
    }
}

impl AdamKernel for Cpu {
    fn adam(&self, s: AdamStep, weights: OptimizerStep<'_, Cpu>, m: &mut [f32], v: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, finite_check } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        let data = (chunks_mut(weights, BLOCK), chunks(gradients, BLOCK), chunks_mut(m, BLOCK), chunks_mut(v, BLOCK));
        self.threads().split(data, &|block, (w, g, m, v)| {
            for (part, role) in parts(&segments.list, block) {
                let (w, g) = (&mut w[part.clone()], &g[part.clone()]);
                if adam(s, s.decay.of(role), w, g, &mut m[part.clone()], &mut v[part]) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
}
