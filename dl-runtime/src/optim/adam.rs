//! Adam: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015; PyTorch's `Adam`.

use super::segments::{BLOCK, not_finite, parts};
use super::{Coupling, Decay, DecayStep, FiniteCheck, Optimizer, OptimizerStep, decay::decay_methods};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Device;
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// Adam: steps of about the learning rate, whatever the size of the gradient.
///
/// ```text
/// m = β₁·m + (1 - β₁)·g          v = β₂·v + (1 - β₂)·g²
/// w = w - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
/// ```
///
/// The defaults are PyTorch's: β 0.9 and 0.999, ε 1e-8, no weight decay, and decay coupled ([`AdamW`](super::AdamW)
/// decouples it).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    learning_rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    pub(super) decay: Decay,
}

impl Adam {
    /// Adam with a learning rate; 1e-3 is usual.
    pub const fn new(learning_rate: f64) -> Self {
        Adam { learning_rate, betas: (0.9, 0.999), epsilon: 1e-8, decay: Decay::none(Coupling::Coupled) }
    }
    /// How much the running means of the gradient and of its square keep in each step.
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.betas = (first, second);
        self
    }
    /// What is added to the divisor, so that it is never zero.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    decay_methods!();
}

/// One step of Adam, its factors worked out.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// `1 - β₁`.
    pub first: f32,
    /// β₂, and `1 - β₂`.
    pub second: (f32, f32),
    /// `lr / (1 - β₁ᵗ)`.
    pub size: f32,
    /// `1 / √(1 - β₂ᵗ)`.
    pub root: f32,
    /// ε.
    pub epsilon: f32,
    /// Weight decay.
    pub decay: DecayStep,
}

/// The kernel of [`Adam`] and [`AdamW`](super::AdamW).
pub trait AdamKernel: Storage {
    /// One step over the weights and their running means `m` and `v`.
    fn adam(&self, step: AdamStep, moved: OptimizerStep<'_, Self>, m: Self::Mut<'_, f32>, v: Self::Mut<'_, f32>);
}

impl Optimizer for Adam {
    const NAME: &'static str = "Adam";
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Adam { learning_rate, ..*self }
    }
    fn buffers(&self) -> &'static [&'static str] {
        &["exp_avg", "exp_avg_sq"]
    }
    fn update<D: Device>(&self, device: &D, step: u64, moved: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let [m, v] = state else { panic!("Adam keeps two buffers, not {}", state.len()) };
        let t = step as f64;
        let step = AdamStep {
            first: (1.0 - self.betas.0) as f32,
            second: (self.betas.1 as f32, (1.0 - self.betas.1) as f32),
            size: (self.learning_rate / (1.0 - self.betas.0.powf(t))) as f32,
            root: (1.0 / (1.0 - self.betas.1.powf(t)).sqrt()) as f32,
            epsilon: self.epsilon as f32,
            decay: self.decay.at(self.learning_rate),
        };
        device.adam(step, moved, D::whole_mut(m), D::whole_mut(v));
    }
}

simd! {
    /// Whether some new weight is not finite.
    fn adam<S>(s: AdamStep, decay: (f32, f32), w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) -> bool {
        let mut bad = false;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = *g + decay.0 * *w;
            *m += s.first * (g - *m);
            *v = s.second.0 * *v + s.second.1 * (g * g);
            *w = *w * decay.1 - s.size * *m / (v.sqrt() * s.root + s.epsilon);
            bad |= not_finite(*w);
        }
        bad
    }
}

impl AdamKernel for Cpu {
    fn adam(&self, s: AdamStep, moved: OptimizerStep<'_, Cpu>, m: &mut [f32], v: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, watch } = moved;
        if FiniteCheck::has_stopped(watch) {
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
        FiniteCheck::note_step(watch, finite.into_inner(), gradients);
    }
}
