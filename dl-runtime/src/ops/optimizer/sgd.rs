//! The kernels of stochastic gradient descent, with and without momentum.

use super::segments::{BLOCK, flush, not_finite, parts};
use super::{DecayStep, FiniteCheck, OptimizerStep};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// The factors of one step of [`Sgd`](crate::optim::Sgd).
#[derive(Clone, Copy, Debug)]
pub struct SgdStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// The momentum.
    pub momentum: f32,
    /// `true` for Nesterov momentum.
    pub nesterov: bool,
    /// The weight decay.
    pub decay: DecayStep,
}

/// The kernels of [`Sgd`](crate::optim::Sgd).
pub trait SgdKernel: Storage {
    /// Performs one step without momentum.
    fn sgd(&self, step: SgdStep, weights: OptimizerStep<'_, Self>);
    /// Performs one step on the weights and their momentum `b`.
    fn sgd_momentum(&self, step: SgdStep, weights: OptimizerStep<'_, Self>, b: Self::Mut<'_, f32>);
}

simd! {
    /// Performs one step without momentum on weights of one role. Returns `true` if a new weight is not finite.
    fn plain<S>(learning_rate: f32, decay: (f32, f32), w: &mut [f32], g: &[f32]) -> bool {
        let mut bad = false;
        for (w, g) in w.iter_mut().zip(g) {
            *w = *w * decay.1 - learning_rate * (*g + decay.0 * *w);
            bad |= not_finite(*w);
        }
        bad
    }
    /// Performs one step with momentum on weights of one role. Returns `true` if a new weight is not finite.
    fn momentum<S>(s: SgdStep, decay: (f32, f32), w: &mut [f32], g: &[f32], b: &mut [f32]) -> bool {
        // The step is `g_factor·g + b_factor·b`.
        let (g_factor, b_factor) = if s.nesterov { (1.0, s.momentum) } else { (0.0, 1.0) };
        let mut bad = false;
        for ((w, g), b) in w.iter_mut().zip(g).zip(b) {
            let g = *g + decay.0 * *w;
            *b = flush(s.momentum * *b + g);
            *w = *w * decay.1 - s.learning_rate * (g_factor * g + b_factor * *b);
            bad |= not_finite(*w);
        }
        bad
    }
}

impl SgdKernel for Cpu {
    fn sgd(&self, s: SgdStep, weights: OptimizerStep<'_, Cpu>) {
        let OptimizerStep { segments, weights, gradients, finite_check } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        self.threads().split((chunks_mut(weights, BLOCK), chunks(gradients, BLOCK)), &|block, (w, g)| {
            for (part, role) in parts(&segments.list, block) {
                if plain(s.learning_rate, s.decay.of(role), &mut w[part.clone()], &g[part]) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
    fn sgd_momentum(&self, s: SgdStep, weights: OptimizerStep<'_, Cpu>, b: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, finite_check } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        let data = (chunks_mut(weights, BLOCK), chunks(gradients, BLOCK), chunks_mut(b, BLOCK));
        self.threads().split(data, &|block, (w, g, b)| {
            for (part, role) in parts(&segments.list, block) {
                let (w, g) = (&mut w[part.clone()], &g[part.clone()]);
                if momentum(s, s.decay.of(role), w, g, &mut b[part]) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
}
