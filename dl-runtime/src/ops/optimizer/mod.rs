//! The kernels of optimizers: one step over all weights of a model, gradient clipping, and the check for finite numbers.
//!
//! The formulas, their sources and the settings are in [`optim`](crate::optim). A kernel gets the settings with their
//! factors worked out ([`AdamStep`]), and the weights with all that belongs to them ([`OptimizerStep`]). Running statistics stay as
//! they are.
//!
//! What an optimizer keeps between steps is never subnormal: numbers below 1.2e-38 become 0. Weights stay as the formula has them,
//! also where weight decay brings them that low, as in PyTorch.

mod adam;
mod clip;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod decay;
mod finite_check;
mod rms_prop;
mod segments;
mod sgd;

pub use adam::{AdamKernel, AdamStep};
pub use clip::{ClipKernel, clip_factor};
pub use decay::DecayStep;
pub use finite_check::{FiniteCheck, FiniteCheckKernel};
pub use rms_prop::{RmsPropKernel, RmsPropStep};
pub use segments::{Segment, Segments, segments};
pub use sgd::{SgdKernel, SgdStep};

use crate::tensor::Storage;

/// The memory that every optimizer works on in one step.
pub struct OptimizerStep<'a, D: Storage> {
    /// Which numbers are weights, biases and statistics.
    pub segments: &'a Segments<D>,
    /// The weights of a model, flat.
    pub weights: D::Mut<'a, f32>,
    /// The gradient to each weight.
    pub gradients: D::Ref<'a, f32>,
    /// The words of the [`FiniteCheck`]: a kernel does nothing where the training has stopped, and notes new weights that are not
    /// finite.
    pub finite_check: D::Mut<'a, u32>,
}
