//! Gradient clipping, as in `torch.nn.utils`: by the norm of the whole gradient, or element by element.

use crate::Result;
use crate::ops::optimizer::clip_factor;
use crate::range::LIMIT;
use serde::{Deserialize, Serialize};

/// The way in which large gradients are clipped before a step. Running statistics have no gradient, and those of frozen tensors do not
/// count; neither is affected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Clip {
    /// Scales the whole gradient by `limit / (norm + 1e-6)` if its Euclidean norm is above this limit: Pascanu et al., "On the difficulty
    /// of training recurrent neural networks", ICML 2013; `clip_grad_norm_`. The limit is above 0.
    Norm(f64),
    /// Clamps every element of the gradient to `-limit..=limit`: `clip_grad_value_`. The limit is above 0.
    Value(f64),
}

impl Clip {
    /// Checks that the limit is a number above 0. An infinite limit clips nothing; it can be used to measure the norm.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the value and the range.
    pub fn check(self) -> Result<()> {
        match self {
            Clip::Norm(limit) => LIMIT.check("Clip", "Norm", limit),
            Clip::Value(limit) => LIMIT.check("Clip", "Value", limit),
        }
    }
    /// Returns the factor by which [`Clip::Norm`] multiplies a gradient of this norm.
    pub fn factor(limit: f64, norm: f64) -> f32 {
        clip_factor(limit, norm)
    }
}
