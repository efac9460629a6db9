//! Weight decay: which weights are pulled towards zero, and how.

use crate::Role;

/// How weight decay enters a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coupling {
    /// Added to the gradient, `g + λ·w` (L2 regularisation): PyTorch's SGD, RMSprop and Adam.
    Coupled,
    /// Taken from the weight beside the gradient, `w·(1 - lr·λ)`: Loshchilov & Hutter, "Decoupled weight decay
    /// regularization", ICLR 2019.
    Decoupled,
}

/// Weight decay of an optimizer: strength, way, and which tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// The strength λ.
    pub weight_decay: f64,
    /// How it enters a step.
    pub coupling: Coupling,
    /// Also biases and the scales of normalisations, as PyTorch does when it is given no groups of parameters.
    pub everything: bool,
}

impl Decay {
    /// No decay yet, of a kind.
    pub(crate) const fn none(coupling: Coupling) -> Self {
        Decay { weight_decay: 0.0, coupling, everything: false }
    }
    /// What a kernel needs to know at a learning rate.
    pub fn at(self, learning_rate: f64) -> DecayStep {
        let coupled = self.coupling == Coupling::Coupled;
        DecayStep {
            added: if coupled { self.weight_decay as f32 } else { 0.0 },
            factor: if coupled { 1.0 } else { (1.0 - learning_rate * self.weight_decay) as f32 },
            everything: self.everything,
        }
    }
}

/// Weight decay in one step: `g + added·w` and `factor·w`.
#[derive(Clone, Copy, Debug)]
pub struct DecayStep {
    /// How much of the weight is added to the gradient.
    pub added: f32,
    /// What is left of the weight.
    pub factor: f32,
    /// Not only [`Role::Weight`].
    pub everything: bool,
}

impl DecayStep {
    /// `(added, factor)` for tensors of a role.
    #[inline]
    pub fn of(self, role: Role) -> (f32, f32) {
        if self.everything || role == Role::Weight { (self.added, self.factor) } else { (0.0, 1.0) }
    }
}

/// The builder methods that every optimizer with a field `decay` has.
macro_rules! decay_methods {
    () => {
        /// Weight decay of this strength, 0 at first (0.01 in AdamW); biases and normalisations are spared.
        #[must_use]
        pub fn weight_decay(mut self, weight_decay: f64) -> Self {
            self.decay.weight_decay = weight_decay;
            self
        }
        /// How weight decay enters a step.
        #[must_use]
        pub fn coupling(mut self, coupling: $crate::optim::Coupling) -> Self {
            self.decay.coupling = coupling;
            self
        }
        /// Weight decay also on biases and on the scales of normalisations, as PyTorch without groups of parameters.
        #[must_use]
        pub fn decay_everything(mut self) -> Self {
            self.decay.everything = true;
            self
        }
    };
}
pub(crate) use decay_methods;
