//! RMSProp: Hinton, "Neural networks for machine learning", lecture 6e, 2012; PyTorch's `RMSprop`.

use super::segments::{BLOCK, not_finite, parts};
use super::{Coupling, Decay, DecayStep, FiniteCheck, Optimizer, OptimizerStep, decay::decay_methods};
use crate::device::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::ops::Device;
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// RMSProp: the gradient over the root of its running mean square.
///
/// ```text
/// v = α·v + (1 - α)·g²           d = √v + ε
/// centred                        a = α·a + (1 - α)·g,  d = √(v - a²) + ε        Graves 2013
/// b = μ·b + g/d                  w = w - lr·b
/// ```
///
/// The defaults are PyTorch's: α 0.99, ε 1e-8, no momentum, not centred, no weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    learning_rate: f64,
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    centered: bool,
    decay: Decay,
}

impl RmsProp {
    /// RMSProp with a learning rate; 1e-2 is PyTorch's default.
    pub const fn new(learning_rate: f64) -> Self {
        let decay = Decay::none(Coupling::Coupled);
        RmsProp { learning_rate, alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, decay }
    }
    /// How much the running mean square keeps in each step.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
    /// What is added to the divisor, so that it is never zero.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// How much of the last step goes into the next.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Divides by the standard deviation of the gradient instead of its root mean square.
    #[must_use]
    pub fn centered(mut self) -> Self {
        self.centered = true;
        self
    }
    decay_methods!();
}

/// One step of [`RmsProp`], its factors worked out.
#[derive(Clone, Copy, Debug)]
pub struct RmsPropStep {
    /// The learning rate.
    pub learning_rate: f32,
    /// α, and `1 - α`.
    pub alpha: (f32, f32),
    /// ε.
    pub epsilon: f32,
    /// μ.
    pub momentum: f32,
    /// 1 when centred, else 0.
    pub centered: f32,
    /// Weight decay.
    pub decay: DecayStep,
}

/// The kernels of [`RmsProp`].
pub trait RmsPropKernel: Storage {
    /// One step over the weights and their mean square `v`, neither centred nor with momentum.
    fn rms_prop(&self, step: RmsPropStep, moved: OptimizerStep<'_, Self>, v: Self::Mut<'_, f32>);
    /// One step over the weights, their mean square `v`, momentum `b` and mean `a`.
    fn rms_prop_full(
        &self,
        step: RmsPropStep,
        moved: OptimizerStep<'_, Self>,
        v: Self::Mut<'_, f32>,
        b: Self::Mut<'_, f32>,
        a: Self::Mut<'_, f32>,
    );
}

impl Optimizer for RmsProp {
    const NAME: &'static str = "RmsProp";
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        RmsProp { learning_rate, ..*self }
    }
    fn buffers(&self) -> &'static [&'static str] {
        let simple = self.momentum == 0.0 && !self.centered;
        if simple { &["square_avg"] } else { &["square_avg", "momentum_buffer", "grad_avg"] }
    }
    fn update<D: Device>(&self, device: &D, _step: u64, moved: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let step = RmsPropStep {
            learning_rate: self.learning_rate as f32,
            alpha: (self.alpha as f32, (1.0 - self.alpha) as f32),
            epsilon: self.epsilon as f32,
            momentum: self.momentum as f32,
            centered: f32::from(self.centered),
            decay: self.decay.at(self.learning_rate),
        };
        match state {
            [v] => device.rms_prop(step, moved, D::whole_mut(v)),
            [v, b, a] => {
                let [v, b, a] = [v, b, a].map(D::whole_mut);
                device.rms_prop_full(step, moved, v, b, a);
            }
            _ => panic!("RmsProp keeps one or three buffers, not {}", state.len()),
        }
    }
}

simd! {
    /// Whether some new weight is not finite.
    fn simple<S>(s: RmsPropStep, decay: (f32, f32), w: &mut [f32], g: &[f32], v: &mut [f32]) -> bool {
        let mut bad = false;
        for ((w, g), v) in w.iter_mut().zip(g).zip(v) {
            let g = *g + decay.0 * *w;
            *v = s.alpha.0 * *v + s.alpha.1 * (g * g);
            *w = *w * decay.1 - s.learning_rate * (g / (v.sqrt() + s.epsilon));
            bad |= not_finite(*w);
        }
        bad
    }
    /// Whether some new weight is not finite.
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
            *v = s.alpha.0 * *v + s.alpha.1 * (g * g);
            *a += s.alpha.1 * (g - *a);
            // Never below zero but for rounding.
            let variance = (*v - s.centered * (*a * *a)).max(0.0);
            *b = s.momentum * *b + g / (variance.sqrt() + s.epsilon);
            *w = *w * decay.1 - s.learning_rate * *b;
            bad |= not_finite(*w);
        }
        bad
    }
}

impl RmsPropKernel for Cpu {
    fn rms_prop(&self, s: RmsPropStep, moved: OptimizerStep<'_, Cpu>, v: &mut [f32]) {
        let OptimizerStep { segments, weights, gradients, watch } = moved;
        if FiniteCheck::has_stopped(watch) {
            return;
        }
        let finite = AtomicBool::new(true);
        let data = (chunks_mut(weights, BLOCK), chunks(gradients, BLOCK), chunks_mut(v, BLOCK));
        self.threads().split(data, &|block, (w, g, v)| {
            for (part, role) in parts(&segments.list, block) {
                let (w, g) = (&mut w[part.clone()], &g[part.clone()]);
                if simple(s, s.decay.of(role), w, g, &mut v[part]) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(watch, finite.into_inner(), gradients);
    }
    fn rms_prop_full(
        &self,
        s: RmsPropStep,
        moved: OptimizerStep<'_, Cpu>,
        v: &mut [f32],
        b: &mut [f32],
        a: &mut [f32],
    ) {
        let OptimizerStep { segments, weights, gradients, watch } = moved;
        if FiniteCheck::has_stopped(watch) {
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
        FiniteCheck::note_step(watch, finite.into_inner(), gradients);
    }
}
