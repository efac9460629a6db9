//! Weight decay pulls weights towards zero: the settings for its strength, its form, and the weights that it applies to.

use crate::ops::optimizer::DecayStep;
use crate::range::{NOT_NEGATIVE, text};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The way in which weight decay enters a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coupling {
    /// The decay is added to the gradient, `g + λ·w` (L2 regularisation), as in PyTorch's SGD, RMSprop and Adam.
    Coupled,
    /// The weight itself shrinks separately from the step, `w·(1 - lr·λ)`: Loshchilov & Hutter, "Decoupled weight decay regularization",
    /// ICLR 2019.
    Decoupled,
}

/// The weight decay of an optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    /// The factor λ, at least 0; 0 means no decay. Decoupled decay allows at most 1 / learning rate, which reduces the weight to 0 in one
    /// step.
    pub weight_decay: f64,
    /// The way in which the decay enters a step.
    pub coupling: Coupling,
    /// True if biases and the scales of normalisation layers decay too, as they do in PyTorch without parameter groups.
    pub everything: bool,
}

impl Decay {
    /// Returns no decay, with the form that a later `weight_decay` uses.
    pub(crate) const fn none(coupling: Coupling) -> Self {
        Decay { weight_decay: 0.0, coupling, everything: false }
    }
    /// Checks the settings of the decay of the optimizer `of`.
    pub(crate) fn check(self, of: &'static str, learning_rate: f64) -> Result<()> {
        NOT_NEGATIVE.check(of, "weight_decay", self.weight_decay)?;
        if self.coupling == Coupling::Decoupled && learning_rate * self.weight_decay > 1.0 {
            let (most, learning_rate) = (text(1.0 / learning_rate), text(learning_rate));
            let expected = format!(
                "at most {most} with a learning rate of {learning_rate}, or a step takes more than the whole weight"
            );
            return Err(Error::Setting { setting: "weight_decay", of, expected, found: text(self.weight_decay) });
        }
        Ok(())
    }
    /// Returns the factors that a kernel needs for a step at this learning rate.
    pub fn at(self, learning_rate: f64) -> DecayStep {
        let coupled = self.coupling == Coupling::Coupled;
        DecayStep {
            added: if coupled { self.weight_decay as f32 } else { 0.0 },
            factor: if coupled { 1.0 } else { (1.0 - learning_rate * self.weight_decay) as f32 },
            everything: self.everything,
        }
    }
}

/// The builder methods of every optimizer with a field `decay`; `fixed` leaves out the choice of its form.
macro_rules! decay_methods {
    (fixed) => {
        /// Sets the weight decay λ, at least 0; the default is 0, in `AdamW` and `Lamb` 0.01, in `Muon` 0.1. Biases and the scales of
        /// normalisation layers do not decay.
        #[must_use]
        pub fn weight_decay(mut self, weight_decay: f64) -> Self {
            self.decay.weight_decay = weight_decay;
            self
        }
        /// Treats biases and the scales of normalisation layers as weights, as PyTorch does without parameter groups.
        #[must_use]
        pub fn decay_everything(mut self) -> Self {
            self.decay.everything = true;
            self
        }
    };
    () => {
        $crate::optim::decay::decay_methods!(fixed);
        /// Sets the way in which weight decay enters a step.
        #[must_use]
        pub fn coupling(mut self, coupling: $crate::optim::Coupling) -> Self {
            self.decay.coupling = coupling;
            self
        }
    };
}
pub(crate) use decay_methods;
