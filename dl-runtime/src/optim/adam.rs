//! Adam: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015; PyTorch's `Adam`.

use super::{Coupling, Decay, Optimizer, decay::decay_methods, family::step, formula};
use crate::Result;
use crate::ops::Device;
use crate::ops::optimizer::OptimizerStep;
use crate::range::{self, EPSILON, KEPT, NOT_NEGATIVE};
use serde::{Deserialize, Serialize};

/// Adam takes steps of about the size of the learning rate, independent of the size of the gradient.
///
/// ```text
/// m = β₁·m + (1 - β₁)·g          v = β₂·v + (1 - β₂)·g²
/// w = w - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
/// amsgrad                        v is replaced by its largest value so far in the last line
/// ```
///
/// The defaults are PyTorch's: β₁ is 0.9, β₂ is 0.999, ε is 1e-8, and there is no weight decay. Weight decay is coupled;
/// [`AdamW`](super::AdamW) decouples it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    learning_rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    /// Missing in files of earlier versions.
    #[serde(default)]
    amsgrad: bool,
    pub(super) decay: Decay,
}

impl Adam {
    /// Creates Adam with this learning rate, at least 0; 1e-3 is usual.
    pub const fn new(learning_rate: f64) -> Self {
        Adam {
            learning_rate,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            amsgrad: false,
            decay: Decay::none(Coupling::Coupled),
        }
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
    /// Divides by the root of the largest mean square so far instead of the current one, so that steps do not become larger again when
    /// gradients become smaller: Reddi, Kale & Kumar, "On the convergence of Adam and beyond", ICLR 2018. The default is false.
    #[must_use]
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.amsgrad = amsgrad;
        self
    }
    decay_methods!();

    /// Checks the settings; errors name the optimizer `of`.
    pub(super) fn check_as(&self, of: &'static str) -> Result<()> {
        let settings = [
            ("learning_rate", self.learning_rate, NOT_NEGATIVE),
            ("beta1", self.betas.0, KEPT),
            ("beta2", self.betas.1, KEPT),
            ("epsilon", self.epsilon, EPSILON),
        ];
        range::check(of, &settings)?;
        self.decay.check(of, self.learning_rate)
    }
}

impl Optimizer for Adam {
    const NAME: &'static str = "Adam";
    fn check(&self) -> Result<()> {
        self.check_as(Self::NAME)
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Adam { learning_rate, ..*self }
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        if self.amsgrad { &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] } else { &["exp_avg", "exp_avg_sq"] }
    }
    fn update<D: Device>(&self, device: &D, t: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let (t, (beta1, beta2)) = (t as f64, self.betas);
        let (first, second, second_rest) = ((1.0 - beta1) as f32, beta2 as f32, (1.0 - beta2) as f32);
        let size = (self.learning_rate / (1.0 - beta1.powf(t))) as f32;
        let root = (1.0 / (1.0 - beta2.powf(t)).sqrt()) as f32;
        let (epsilon, decay) = (self.epsilon as f32, self.decay.at(self.learning_rate));
        if self.amsgrad {
            let formula = formula::AmsGrad { first, second, second_rest, size, root, epsilon };
            return step(device, formula, decay, weights, state);
        }
        step(device, formula::Adam { first, second, second_rest, size, root, epsilon }, decay, weights, state);
    }
}
