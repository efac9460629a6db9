//! Lion: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023.

use super::family::optimizer;
use super::formula;
use serde::{Deserialize, Serialize};

optimizer! {
    /// Lion takes steps of exactly the learning rate, in the direction of the sign of the gradient's running mean. It keeps one number
    /// for each weight, half as many as [`Adam`](super::Adam).
    ///
    /// ```text
    /// w = w·(1 - lr·λ) - lr·sign(β₁·m + (1 - β₁)·g)      m = β₂·m + (1 - β₂)·g
    /// ```
    ///
    /// The defaults are those of the paper, without weight decay. The learning rate should be 3 to 10 times smaller than that of
    /// [`AdamW`](super::AdamW), and the weight decay as many times larger.
    Lion keeps ["exp_avg"], decay Decoupled, betas (0.9, 0.99);
    {}
    step |s, _t| formula::Lion {
        rate: s.learning_rate as f32,
        first: (1.0 - s.betas.0) as f32,
        second: (1.0 - s.betas.1) as f32,
    }
}
