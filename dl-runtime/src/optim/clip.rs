//! Gradient clipping, as in `torch.nn.utils`: by the norm of the whole gradient, or number by number.

use crate::ops::optimizer::clip_factor;
use serde::{Deserialize, Serialize};

/// How large gradients are cut down before a step. Running statistics have no gradient and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Clip {
    /// Scales the whole gradient by `limit / (norm + 1e-6)` where its Euclidean norm is above this limit:
    /// Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013; `clip_grad_norm_`.
    Norm(f64),
    /// Brings every number of the gradient into `-limit..=limit`: `clip_grad_value_`.
    Value(f64),
}

impl Clip {
    /// The factor by which [`Clip::Norm`] multiplies a gradient of this norm.
    pub fn factor(limit: f64, norm: f64) -> f32 {
        clip_factor(limit, norm)
    }
}
