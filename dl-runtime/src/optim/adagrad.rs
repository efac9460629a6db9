//! Adagrad: Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011;
//! PyTorch's `Adagrad`.

use super::family::optimizer;
use super::formula;
use serde::{Deserialize, Serialize};

optimizer! {
    /// Adagrad divides the gradient by the root of the sum of all its squares so far: weights that rarely have a gradient, such as
    /// those of rare tokens, take larger steps.
    ///
    /// ```text
    /// s = s + g²        w = w - lr/(1 + (t - 1)·η) · g/(√(s₀ + s) + ε)
    /// ```
    ///
    /// The defaults are PyTorch's, whose learning rate is 1e-2. Checkpoints hold the sum without its first value s₀.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::optim::{Adagrad, Optimizer};
    /// assert_eq!(Adagrad::new(0.01).learning_rate_decay(0.1).buffers(), ["sum"]);
    /// ```
    Adagrad keeps ["sum"], decay Coupled;
    {
        /// Sets η, by which the learning rate falls from step to step; at least 0 (`lr_decay`).
        learning_rate_decay: 0.0 in NOT_NEGATIVE;
        /// Sets s₀, the first value of the sum; at least 0 (`initial_accumulator_value`).
        initial_sum: 0.0 in NOT_NEGATIVE;
        /// Sets ε, which is added to the divisor so that it is never zero; at least 1e-18.
        epsilon: 1e-10 in EPSILON;
    }
    step |s, t| formula::Adagrad {
        rate: (s.learning_rate / (1.0 + (t - 1.0) * s.learning_rate_decay)) as f32,
        initial: s.initial_sum as f32,
        epsilon: s.epsilon as f32,
    }
}
