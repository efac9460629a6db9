//! NAdam: Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop; PyTorch's `NAdam`.

use super::family::optimizer;
use super::formula;
use serde::{Deserialize, Serialize};

optimizer! {
    /// [`Adam`](super::Adam) with Nesterov's momentum: the step looks ahead by the momentum of the next step.
    ///
    /// ```text
    /// m = β₁·m + (1 - β₁)·g      v = β₂·v + (1 - β₂)·g²      μₜ = β₁·(1 - 0.96^(t·ψ)/2)
    /// w = w - lr · ((1 - μₜ)/(1 - Πμ)·g + μₜ₊₁/(1 - Πμ·μₜ₊₁)·m) / (√(v / (1 - β₂ᵗ)) + ε)
    /// ```
    ///
    /// Πμ is the product of μ₁ to μₜ. The defaults are PyTorch's, whose learning rate is 2e-3.
    NAdam keeps ["exp_avg", "exp_avg_sq"], decay Coupled, betas (0.9, 0.999);
    {
        /// Sets ε, which is added to the divisor so that it is never zero; at least 1e-18.
        epsilon: 1e-8 in EPSILON;
        /// Sets ψ, which determines how fast the momentum rises to β₁; at least 0.
        momentum_decay: 4e-3 in NOT_NEGATIVE;
    }
    step |s, t| {
        let (product, momentum) = (s.product(t), |t| s.momentum(t));
        let (now, next) = (momentum(t), momentum(t + 1.0));
        formula::NAdam {
            first: (1.0 - s.betas.0) as f32,
            second: s.betas.1 as f32,
            second_rest: (1.0 - s.betas.1) as f32,
            of_gradient: (s.learning_rate * (1.0 - now) / (1.0 - product)) as f32,
            of_mean: (s.learning_rate * next / (1.0 - product * next)) as f32,
            root: (1.0 / (1.0 - s.betas.1.powf(t)).sqrt()) as f32,
            epsilon: s.epsilon as f32,
        }
    }
}

impl NAdam {
    /// Returns μ of a step.
    fn momentum(&self, t: f64) -> f64 {
        self.betas.0 * (1.0 - 0.5 * 0.96f64.powf(t * self.momentum_decay))
    }
    /// Returns the product of μ up to step `t`. It is computed anew at each step, so that the settings are the whole state; soon it is
    /// too small to change a number that it is subtracted from, and the loop ends.
    fn product(&self, t: f64) -> f64 {
        let (mut product, mut step) = (1.0, 1.0);
        while step <= t && product > 1e-17 {
            product *= self.momentum(step);
            step += 1.0;
        }
        product
    }
}
