//! Stochastic gradient descent, with momentum and Nesterov's variant; PyTorch's `SGD` (dampening 0).

use super::segments::{BLOCK, not_finite, parts};
use super::{Coupling, Decay, DecayStep, FiniteCheck, Optimizer, OptimizerStep, decay::decay_methods};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Device;
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stochastic gradient descent.
///
/// ```text
/// without momentum   w = w - lr·g
/// with momentum μ    b = μ·b + g     w = w - lr·b             Polyak 1964
/// Nesterov           b = μ·b + g     w = w - lr·(g + μ·b)     Sutskever et al., ICML 2013, in PyTorch's form
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: Decay,
}

impl Sgd {
    /// Pod descent with a learning rate.
    pub const fn new(learning_rate: f64) -> Self {
        Sgd { learning_rate, momentum: 0.0, nesterov: false, decay: Decay::none(Coupling::Coupled) }
    }
    /// How much of the last step goes into the next; 0.9 is usual.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Momentum that looks ahead; does nothing without [`Sgd::momentum`].
    #[must_use]
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
    decay_methods!();
}

/// One step of [`Sgd`], its factors worked out.
#[derive(Clone, Copy, Debug)]
pub struct SgdStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// The momentum.
    pub momentum: f32,
    /// Whether it looks ahead.
    pub nesterov: bool,
    /// Weight decay.
    pub decay: DecayStep,
}

/// The kernels of [`Sgd`].
pub trait SgdKernel: Storage {
    /// One step over the weights without momentum.
    fn sgd(&self, step: SgdStep, moved: OptimizerStep<'_, Self>);
    /// One step over the weights and their momentum `b`.
    fn sgd_momentum(&self, step: SgdStep, moved: OptimizerStep<'_, Self>, b: Self::Mut<'_, f32>);
}

impl Optimizer for Sgd {
    const NAME: &'static str = "Sgd";
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Sgd { learning_rate, ..*self }
    }
    fn buffers(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum_buffer"] }
    }
    fn update<D: Device>(&self, device: &D, _step: u64, moved: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let step = SgdStep {
            learning_rate: self.learning_rate as f32,
            momentum: self.momentum as f32,
            nesterov: self.nesterov,
            decay: self.decay.at(self.learning_rate),
        };
        match state {
            [] => device.sgd(step, moved),
            [b, ..] => device.sgd_momentum(step, moved, D::whole_mut(b)),
        }
    }
}

simd! {
    /// Whether some new weight is not finite.
    fn plain<S>(learning_rate: f32, decay: (f32, f32), w: &mut [f32], g: &[f32]) -> bool {
        let mut bad = false;
        for (w, g) in w.iter_mut().zip(g) {
            *w = *w * decay.1 - learning_rate * (*g + decay.0 * *w);
            bad |= not_finite(*w);
        }
        bad
    }
    /// Whether some new weight is not finite.
    fn momentum<S>(s: SgdStep, decay: (f32, f32), w: &mut [f32], g: &[f32], b: &mut [f32]) -> bool {
        // The step is `now·g + then·b`.
        let (now, then) = if s.nesterov { (1.0, s.momentum) } else { (0.0, 1.0) };
        let mut bad = false;
        for ((w, g), b) in w.iter_mut().zip(g).zip(b) {
            let g = *g + decay.0 * *w;
            *b = s.momentum * *b + g;
            *w = *w * decay.1 - s.learning_rate * (now * g + then * *b);
            bad |= not_finite(*w);
        }
        bad
    }
}

impl SgdKernel for Cpu {
    fn sgd(&self, s: SgdStep, moved: OptimizerStep<'_, Cpu>) {
        let OptimizerStep { segments, weights, gradients, watch } = moved;
        if FiniteCheck::has_stopped(watch) {
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
        FiniteCheck::note_step(watch, finite.into_inner(), gradients);
    }
    fn sgd_momentum(&self, s: SgdStep, moved: OptimizerStep<'_, Cpu>, b: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, watch } = moved;
        if FiniteCheck::has_stopped(watch) {
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
        FiniteCheck::note_step(watch, finite.into_inner(), gradients);
    }
}
