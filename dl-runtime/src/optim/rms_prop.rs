//! RMSProp: Hinton, "Neural networks for machine learning", lecture 6e, 2012; PyTorch's `RMSprop`.

use super::{Coupling, Decay, Optimizer, decay::decay_methods, family::step, formula};
use crate::Result;
use crate::ops::Device;
use crate::ops::optimizer::OptimizerStep;
use crate::range::{self, EPSILON, KEPT, NOT_NEGATIVE};
use serde::{Deserialize, Serialize};

/// RMSProp divides the gradient by the root of its running mean square.
///
/// ```text
/// v = α·v + (1 - α)·g²           d = √v + ε
/// centred                        a = α·a + (1 - α)·g,  d = √(v - a²) + ε        Graves 2013
/// b = μ·b + g/d                  w = w - lr·b
/// ```
///
/// The defaults are PyTorch's: α is 0.99, ε is 1e-8, without momentum, centring or weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsProp {
    learning_rate: f64,
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    centered: bool,
    decay: Decay,
}

impl RmsProp {
    /// Creates RMSProp with this learning rate, at least 0; PyTorch's default is 1e-2.
    pub const fn new(learning_rate: f64) -> Self {
        let decay = Decay::none(Coupling::Coupled);
        RmsProp { learning_rate, alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, decay }
    }
    /// Sets α, the fraction of the running mean square that each step keeps: at least 0 and below 1.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
    /// Sets ε, which is added to the divisor so that it is never zero; at least 1e-18.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// Sets the momentum μ, the fraction of the last step that is added to the next: at least 0 and below 1; the default is 0.
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

    /// Returns `true` if it keeps only the mean square.
    fn is_simple(&self) -> bool {
        self.momentum == 0.0 && !self.centered
    }
}

impl Optimizer for RmsProp {
    const NAME: &'static str = "RmsProp";
    fn check(&self) -> Result<()> {
        let settings = [
            ("learning_rate", self.learning_rate, NOT_NEGATIVE),
            ("alpha", self.alpha, KEPT),
            ("epsilon", self.epsilon, EPSILON),
            ("momentum", self.momentum, KEPT),
        ];
        range::check(Self::NAME, &settings)?;
        self.decay.check(Self::NAME, self.learning_rate)
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        RmsProp { learning_rate, ..*self }
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        if self.is_simple() { &["square_avg"] } else { &["square_avg", "momentum_buffer", "grad_avg"] }
    }
    fn update<D: Device>(&self, device: &D, _step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let (rate, decay) = (self.learning_rate as f32, self.decay.at(self.learning_rate));
        let (alpha, alpha_rest, epsilon) = (self.alpha as f32, (1.0 - self.alpha) as f32, self.epsilon as f32);
        if self.is_simple() {
            return step(device, formula::RmsProp { rate, alpha, alpha_rest, epsilon }, decay, weights, state);
        }
        let (momentum, centered) = (self.momentum as f32, f32::from(self.centered));
        let formula = formula::RmsPropFull { rate, alpha, alpha_rest, epsilon, momentum, centered };
        step(device, formula, decay, weights, state);
    }
}
