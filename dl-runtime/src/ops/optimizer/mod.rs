//! The kernels of optimizers: one step over all weights of a model, gradient clipping, and the check for finite
//! numbers.
//!
//! The formulas, their sources and the settings are in [`optim`](crate::optim). A kernel is called with the factors of
//! one step ([`AdamStep`]), and with the weights and their gradients ([`OptimizerStep`]). Running statistics do not
//! change.
//!
//! The state that an optimizer keeps between steps is never subnormal: numbers below 1.2e-38 become 0. As in PyTorch,
//! weights may become subnormal, for instance by weight decay.

mod adam;
mod average;
mod clip;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod decay;
mod finite_check;
mod rms_prop;
mod segments;
mod sgd;

pub use adam::{AdamKernel, AdamStep};
pub use average::AverageKernel;
pub use clip::{ClipKernel, clip_factor};
pub use decay::DecayStep;
pub use finite_check::{FiniteCheck, FiniteCheckKernel};
pub use rms_prop::{RmsPropKernel, RmsPropStep};
pub use segments::{Segment, Segments, segments};
pub use sgd::{SgdKernel, SgdStep};

use crate::tensor::Storage;

/// The memory that every optimizer works on in one step.
pub struct OptimizerStep<'a, D: Storage> {
    /// The ranges of weights, biases and statistics.
    pub segments: &'a Segments<D>,
    /// All weights of a model, flat.
    pub weights: D::Mut<'a, f32>,
    /// The gradient to each weight.
    pub gradients: D::Ref<'a, f32>,
    /// The words of the [`FiniteCheck`]. A kernel does nothing if the training has stopped, and records new weights
    /// that are not finite.
    pub finite_check: D::Mut<'a, u32>,
}
