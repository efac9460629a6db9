//! RAdam: Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020; PyTorch's `RAdam`.

use super::family::optimizer;
use super::formula;
use serde::{Deserialize, Serialize};

optimizer! {
    /// [`Adam`](super::Adam) whose steps are smaller at first, while the mean square of the gradient is known only roughly; it needs no
    /// warm-up of the learning rate.
    ///
    /// ```text
    /// m = β₁·m + (1 - β₁)·g      v = β₂·v + (1 - β₂)·g²
    /// ρ∞ = 2/(1 - β₂) - 1        ρ = ρ∞ - 2·t·β₂ᵗ/(1 - β₂ᵗ)
    /// ρ > 5    r = √((ρ - 4)·(ρ - 2)·ρ∞ / ((ρ∞ - 4)·(ρ∞ - 2)·ρ))
    ///          w = w - lr·r · (m / (1 - β₁ᵗ)) · √(1 - β₂ᵗ)/(√v + ε)
    /// else     w = w - lr · m / (1 - β₁ᵗ)
    /// ```
    ///
    /// The defaults are PyTorch's, whose learning rate is 1e-3.
    RAdam keeps ["exp_avg", "exp_avg_sq"], decay Coupled, betas (0.9, 0.999);
    {
        /// Sets ε, which is added to the divisor so that it is never zero; at least 1e-18.
        epsilon: 1e-8 in EPSILON;
    }
    step |s, t| {
        let (beta1, beta2) = s.betas;
        let (size, corrected) = (s.learning_rate / (1.0 - beta1.powf(t)), 1.0 - beta2.powf(t));
        let most = 2.0 / (1.0 - beta2) - 1.0;
        let length = most - 2.0 * t * beta2.powf(t) / corrected;
        let known = length > 5.0;
        let square = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length);
        formula::RAdam {
            first: (1.0 - beta1) as f32,
            second: beta2 as f32,
            second_rest: (1.0 - beta2) as f32,
            plain: if known { 0.0 } else { size as f32 },
            adapted: if known { (size * square.sqrt() * corrected.sqrt()) as f32 } else { 0.0 },
            epsilon: s.epsilon as f32,
        }
    }
}
