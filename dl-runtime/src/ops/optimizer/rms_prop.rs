//! The kernels of RMSProp, plain, and with momentum and centring.

use super::segments::{BLOCK, flush, not_finite, parts};
use super::{DecayStep, FiniteCheck, OptimizerStep};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// The factors of one step of [`RmsProp`](crate::optim::RmsProp).
#[derive(Clone, Copy, Debug)]
pub struct RmsPropStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// α and `1 - α`.
    pub alpha: (f32, f32),
    /// ε.
    pub epsilon: f32,
    /// The momentum μ.
    pub momentum: f32,
    /// 1 if centred, else 0.
    pub centered: f32,
    /// The weight decay.
    pub decay: DecayStep,
}

/// The kernels of [`RmsProp`](crate::optim::RmsProp).
pub trait RmsPropKernel: Storage {
    /// Performs one step, neither centred nor with momentum, on the weights and the mean `v` of their squared
    /// gradients.
    fn rms_prop(&self, step: RmsPropStep, weights: OptimizerStep<'_, Self>, v: Self::Mut<'_, f32>);
    /// Performs one step on the weights, the mean `v` of their squared gradients, the momentum `b`, and the mean `a` of
    /// their gradients.
    fn rms_prop_full(
        &self,
        step: RmsPropStep,
        weights: OptimizerStep<'_, Self>,
        v: Self::Mut<'_, f32>,
        b: Self::Mut<'_, f32>,
        a: Self::Mut<'_, f32>,
    );
}

simd! {
    /// Performs one plain step on weights of one role. Returns `true` if a new weight is not finite.
    fn plain<S>(s: RmsPropStep, decay: (f32, f32), w: &mut [f32], g: &[f32], v: &mut [f32]) -> bool {
        let mut bad = false;
        for ((w, g), v) in w.iter_mut().zip(g).zip(v) {
            let g = *g + decay.0 * *w;
            *v = flush(s.alpha.0 * *v + s.alpha.1 * (g * g));
            *w = *w * decay.1 - s.learning_rate * (g / (v.sqrt() + s.epsilon));
            bad |= not_finite(*w);
        }
        bad
    }
    /// Performs one step with momentum and centring on weights of one role. Returns `true` if a new weight is not
    /// finite.
    fn full<S>(
        s: RmsPropStep,
        decay: (f32, f32),
        w: &mut [f32],
        g: &[f32],
        v: &mut [f32],
        b: &mut [f32],
        a: &mut [f32],
    ) -> bool {
        let mut bad = false;
        for ((((w, g), v), b), a) in w.iter_mut().zip(g).zip(v).zip(b).zip(a) {
            let g = *g + decay.0 * *w;
            *v = flush(s.alpha.0 * *v + s.alpha.1 * (g * g));
            *a = flush(*a + s.alpha.1 * (g - *a));
            // The variance is below zero only by rounding.
            let variance = (*v - s.centered * (*a * *a)).max(0.0);
            *b = flush(s.momentum * *b + g / (variance.sqrt() + s.epsilon));
            *w = *w * decay.1 - s.learning_rate * *b;
            bad |= not_finite(*w);
        }
        bad
    }
}

impl RmsPropKernel for Cpu {
    fn rms_prop(&self, s: RmsPropStep, weights: OptimizerStep<'_, Cpu>, v: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, finite_check } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        let data = (chunks_mut(weights, BLOCK), chunks(gradients, BLOCK), chunks_mut(v, BLOCK));
        self.threads().split(data, &|block, (w, g, v)| {
            for (part, role) in parts(&segments.list, block) {
                let (w, g) = (&mut w[part.clone()], &g[part.clone()]);
                if plain(s, s.decay.of(role), w, g, &mut v[part]) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
    fn rms_prop_full(
        &self,
        s: RmsPropStep,
        weights: OptimizerStep<'_, Cpu>,
        v: &mut [f32],
        b: &mut [f32],
        a: &mut [f32],
    ) {
        let OptimizerStep { segments, weights, gradients, finite_check } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        let kept = (chunks_mut(v, BLOCK), chunks_mut(b, BLOCK), chunks_mut(a, BLOCK));
        let data = (chunks_mut(weights, BLOCK), chunks(gradients, BLOCK), kept);
        self.threads().split(data, &|block, (w, g, (v, b, a))| {
            for (part, role) in parts(&segments.list, block) {
                let (w, g) = (&mut w[part.clone()], &g[part.clone()]);
                let [v, b, a] = [&mut *v, &mut *b, &mut *a].map(|kept| &mut kept[part.clone()]);
                if full(s, s.decay.of(role), w, g, v, b, a) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
}
