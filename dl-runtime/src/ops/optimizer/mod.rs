//! The kernels of optimizers: one step over all weights of a model, gradient clipping, and the check for finite
//! numbers.
//!
//! The sources of the formulas and the settings are in [`optim`](crate::optim). Most optimizers treat every weight alike:
//! they are entries of one table ([`formula`]), which one kernel ([`StepKernel`]) runs. It is called with the factors of one
//! step ([`formula::Adam`]), and with the weights and their gradients ([`OptimizerStep`]). Running statistics do not change.
//!
//! The state that an optimizer keeps between steps is never subnormal: numbers below 1.2e-38 become 0. As in PyTorch,
//! weights may become subnormal, for instance by weight decay.

mod average;
mod clip;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod decay;
mod family;
mod finite_check;
pub mod formula;
mod lamb;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod segments;
mod tensors;

pub use average::AverageKernel;
pub use clip::{ClipKernel, clip_factor};
pub use decay::DecayStep;
pub use family::{Formula, StepKernel};
pub use finite_check::{FiniteCheck, FiniteCheckKernel};
pub use lamb::{LambKernel, LambStep};
pub use segments::{Segment, Segments, segments};
pub(crate) use tensors::part;
pub use tensors::{TensorStep, TrainedTensor, each_tensor, trained_tensors};

use crate::tensor::Storage;

/// The memory that every optimizer works on in one step: that of all weights, or of neighbouring ones with the same settings.
pub struct OptimizerStep<'a, D: Storage> {
    /// The ranges of weights, biases and statistics: [`Segments::list`].
    pub segments: &'a [Segment],
    /// [`Segments::roles`]. Without them, everything has the role of the only segment.
    pub roles: D::Ref<'a, u32>,
    /// The trained tensors.
    pub tensors: &'a [TrainedTensor],
    /// The weights, flat.
    pub weights: D::Mut<'a, f32>,
    /// The gradient to each weight.
    pub gradients: D::Ref<'a, f32>,
    /// The words of the [`FiniteCheck`]. A kernel does nothing if the training has stopped, and records new weights
    /// that are not finite.
    pub finite_check: D::Mut<'a, u32>,
    /// Memory of any content, if the optimizer needs it: as long as its
    /// [`workspace`](crate::optim::Optimizer::workspace).
    pub workspace: Option<D::Mut<'a, f32>>,
}
