//! Adamax: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.1; PyTorch's `Adamax`.

use super::family::optimizer;
use super::formula;
use serde::{Deserialize, Serialize};

optimizer! {
    /// [`Adam`](super::Adam) that divides by the largest recent size of the gradient instead of its root mean square.
    ///
    /// ```text
    /// m = β₁·m + (1 - β₁)·g      u = max(β₂·u, |g| + ε)      w = w - lr/(1 - β₁ᵗ) · m/u
    /// ```
    ///
    /// The defaults are PyTorch's, whose learning rate is 2e-3.
    Adamax keeps ["exp_avg", "exp_inf"], decay Coupled, betas (0.9, 0.999);
    {
        /// Sets ε, which is added to the size of the gradient so that the divisor is never zero; at least 1e-18.
        epsilon: 1e-8 in EPSILON;
    }
    step |s, t| formula::Adamax {
        first: (1.0 - s.betas.0) as f32,
        second: s.betas.1 as f32,
        size: (s.learning_rate / (1.0 - s.betas.0.powf(t))) as f32,
        epsilon: s.epsilon as f32,
    }
}
