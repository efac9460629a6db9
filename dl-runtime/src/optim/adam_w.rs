//! AdamW: Adam with decoupled weight decay; Loshchilov & Hutter, ICLR 2019; PyTorch's `AdamW`.

use super::{Adam, Coupling, Optimizer};
use crate::Result;
use crate::ops::Device;
use crate::ops::optimizer::OptimizerStep;
use serde::{Deserialize, Serialize};

/// [`Adam`] with decoupled weight decay: weights shrink separately from the step, `w·(1 - lr·λ)`, instead of through the gradient.
///
/// The defaults are PyTorch's: β₁ is 0.9, β₂ is 0.999, ε is 1e-8 and the weight decay 0.01. Unlike in PyTorch, biases and the scales of
/// normalisation layers do not decay unless [`AdamW::decay_everything`] is called.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamW(Adam);

impl AdamW {
    /// Creates AdamW with this learning rate, at least 0; 1e-3 is usual, and 1e-4 to 6e-4 for transformers.
    pub fn new(learning_rate: f64) -> Self {
        AdamW(Adam::new(learning_rate).coupling(Coupling::Decoupled).weight_decay(0.01))
    }
    /// See [`Adam::betas`].
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        AdamW(self.0.betas(first, second))
    }
    /// See [`Adam::epsilon`].
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        AdamW(self.0.epsilon(epsilon))
    }
    /// See [`Adam::amsgrad`].
    #[must_use]
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        AdamW(self.0.amsgrad(amsgrad))
    }
    /// See [`Adam::weight_decay`]; at most 1 / learning rate, which reduces the weight to 0 in one step.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        AdamW(self.0.weight_decay(weight_decay))
    }
    /// See [`Adam::decay_everything`].
    #[must_use]
    pub fn decay_everything(self) -> Self {
        AdamW(self.0.decay_everything())
    }
}

impl Optimizer for AdamW {
    const NAME: &'static str = "AdamW";
    fn check(&self) -> Result<()> {
        self.0.check_as(Self::NAME)
    }
    fn learning_rate(&self) -> f64 {
        self.0.learning_rate()
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        AdamW(self.0.with_learning_rate(learning_rate))
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        self.0.buffers()
    }
    fn update<D: Device>(&self, device: &D, step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        self.0.update(device, step, weights, state);
    }
}
