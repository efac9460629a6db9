//! Stochastic gradient descent, with momentum and Nesterov's variant; PyTorch's `SGD` (dampening 0).

use super::{Coupling, Decay, Optimizer, decay::decay_methods, family::step, formula};
use crate::ops::Device;
use crate::ops::optimizer::OptimizerStep;
use crate::range::{self, KEPT, NOT_NEGATIVE};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent follows the gradient of each batch, optionally with momentum.
///
/// ```text
/// without momentum   w = w - lr·g
/// with momentum μ    b = μ·b + g     w = w - lr·b             Polyak 1964
/// Nesterov           b = μ·b + g     w = w - lr·(g + μ·b)     Sutskever et al., ICML 2013, in PyTorch's form
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: Decay,
}

impl Sgd {
    /// Creates stochastic gradient descent with this learning rate, at least 0; 0.01 to 0.1 is usual.
    pub const fn new(learning_rate: f64) -> Self {
        Sgd { learning_rate, momentum: 0.0, nesterov: false, decay: Decay::none(Coupling::Coupled) }
    }
    /// Sets the momentum μ, the fraction of the last step that is added to the next: at least 0 and below 1. 0.9 is usual, and 0 is the
    /// default.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Uses Nesterov's form of the momentum, which looks one step ahead. It needs a [`momentum`](Sgd::momentum) above 0.
    #[must_use]
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
    decay_methods!();
}

impl Optimizer for Sgd {
    const NAME: &'static str = "Sgd";
    fn check(&self) -> Result<()> {
        let settings = [("learning_rate", self.learning_rate, NOT_NEGATIVE), ("momentum", self.momentum, KEPT)];
        range::check(Self::NAME, &settings)?;
        if self.nesterov && self.momentum == 0.0 {
            let expected = "above 0 and below 1 with `nesterov`".into();
            return Err(Error::Setting { setting: "momentum", of: Self::NAME, expected, found: "0".into() });
        }
        self.decay.check(Self::NAME, self.learning_rate)
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Sgd { learning_rate, ..*self }
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum_buffer"] }
    }
    fn update<D: Device>(&self, device: &D, _step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let (rate, decay) = (self.learning_rate as f32, self.decay.at(self.learning_rate));
        if self.momentum == 0.0 {
            return step(device, formula::Sgd { rate }, decay, weights, state);
        }
        let momentum = self.momentum as f32;
        let (of_gradient, of_momentum) = if self.nesterov { (1.0, momentum) } else { (0.0, 1.0) };
        step(device, formula::Momentum { rate, momentum, of_gradient, of_momentum }, decay, weights, state);
    }
}
