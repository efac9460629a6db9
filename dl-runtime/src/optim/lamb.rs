//! LAMB: You et al., "Large batch optimization for deep learning: Training BERT in 76 minutes", ICLR 2020.

use super::{Coupling, Decay, Optimizer, decay::decay_methods};
use crate::ops::Device;
use crate::ops::optimizer::{LambStep, OptimizerStep, each_tensor};
use crate::range::{self, EPSILON, KEPT, NOT_NEGATIVE};
use crate::{Result, Role};
use serde::{Deserialize, Serialize};

/// LAMB is [`AdamW`](super::AdamW) whose step of each tensor is in proportion to the size of its weights, for very large batches.
///
/// ```text
/// m = β₁·m + (1 - β₁)·g      v = β₂·v + (1 - β₂)·g²
/// u = (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε) + λ·w
/// w = w - lr · ‖w‖/‖u‖ · u                                  the norms are those of the tensor; if one is 0, the factor is 1
/// ```
///
/// Biases and the scales of normalisation layers have neither decay nor the factor ‖w‖/‖u‖, as in the authors' code, unless
/// [`Lamb::decay_everything`] is called (then they have both). β₁ is 0.9, β₂ 0.999, ε 1e-6 and the weight decay 0.01; those of a paper's
/// batch of 32,768 are a learning rate of about 5e-3.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lamb {
    learning_rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    decay: Decay,
}

impl Lamb {
    /// Creates LAMB with this learning rate, at least 0; 1e-3 to 1e-2 is usual.
    pub const fn new(learning_rate: f64) -> Self {
        let decay = Decay { weight_decay: 0.01, ..Decay::none(Coupling::Coupled) };
        Lamb { learning_rate, betas: (0.9, 0.999), epsilon: 1e-6, decay }
    }
    /// Sets β₁ and β₂, the fractions of the running means of the gradient and of its square that each step keeps; both are at least 0 and
    /// below 1.
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.betas = (first, second);
        self
    }
    /// Sets ε, which is added to the divisor so that it is never zero; at least 1e-18.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    decay_methods!(fixed);
}

impl Optimizer for Lamb {
    const NAME: &'static str = "Lamb";
    fn check(&self) -> Result<()> {
        let settings = [
            ("learning_rate", self.learning_rate, NOT_NEGATIVE),
            ("beta1", self.betas.0, KEPT),
            ("beta2", self.betas.1, KEPT),
            ("epsilon", self.epsilon, EPSILON),
        ];
        range::check(Self::NAME, &settings)?;
        self.decay.check(Self::NAME, self.learning_rate)
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Lamb { learning_rate, ..*self }
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        &["exp_avg", "exp_avg_sq"]
    }
    fn update<D: Device>(&self, device: &D, step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let [m, v] = state else { panic!("Lamb keeps two buffers, not {}", state.len()) };
        let (t, (beta1, beta2)) = (step as f64, self.betas);
        let tensors = weights.tensors;
        each_tensor(tensors, weights, [m, v], |tensor, step, [m, v]| {
            let whole = self.decay.everything || tensor.role == Role::Weight;
            let factors = LambStep {
                rate: self.learning_rate as f32,
                first: (1.0 - beta1) as f32,
                second: beta2 as f32,
                second_rest: (1.0 - beta2) as f32,
                size: (1.0 / (1.0 - beta1.powf(t))) as f32,
                root: (1.0 / (1.0 - beta2.powf(t)).sqrt()) as f32,
                epsilon: self.epsilon as f32,
                decay: if whole { self.decay.weight_decay as f32 } else { 0.0 },
                trusts: f32::from(whole),
            };
            device.lamb(factors, step, m, v);
        });
    }
}
