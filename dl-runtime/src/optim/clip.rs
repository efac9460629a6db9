//! Gradient clipping, as in `torch.nn.utils`: by the norm of the whole gradient, or number by number.

use crate::Result;
use crate::ops::optimizer::clip_factor;
use crate::range::LIMIT;
use serde::{Deserialize, Serialize};

/// How large gradients are cut down before a step. Running statistics have no gradient and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Clip {
    /// Scales the whole gradient by `limit / (norm + 1e-6)` where its Euclidean norm is above this limit:
    /// Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013; `clip_grad_norm_`. The limit is above 0.
    Norm(f64),
    /// Brings every number of the gradient into `-limit..=limit`: `clip_grad_value_`. The limit is above 0.
    Value(f64),
}

impl Clip {
    /// Checks that the limit is a number above 0; infinity limits nothing, which is how the norm alone is measured.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) with the value and the range.
    pub fn check(self) -> Result<()> {
        match self {
            Clip::Norm(limit) => LIMIT.check("Clip", "Norm", limit),
            Clip::Value(limit) => LIMIT.check("Clip", "Value", limit),
        }
    }
    /// The factor by which [`Clip::Norm`] multiplies a gradient of this norm.
    pub fn factor(limit: f64, norm: f64) -> f32 {
        clip_factor(limit, norm)
    }
}
