//! Optimizers: how weights follow their gradients. One file each, with its formula, its source and its kernel.
//!
//! An optimizer is a value of settings; what it remembers between steps ([`Optimizer::buffers`]) lives beside the
//! weights in a [`Training`](crate::Training) session and in checkpoints. All formulas and defaults are PyTorch's, but for
//! weight decay, which by default spares biases and normalisations ([`Decay`]).

mod adam;
mod adam_w;
mod clip;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod decay;
mod finite_check;
mod rms_prop;
pub mod schedule;
mod segments;
mod sgd;
#[cfg(test)]
mod tests;

pub use adam::{Adam, AdamKernel, AdamStep};
pub use adam_w::AdamW;
pub use clip::{Clip, ClipKernel};
pub use decay::{Coupling, Decay, DecayStep};
pub use finite_check::{FiniteCheck, FiniteCheckKernel};
pub use rms_prop::{RmsProp, RmsPropKernel, RmsPropStep};
pub use schedule::Schedule;
pub use segments::{Segment, Segments, segments};
pub use sgd::{Sgd, SgdKernel, SgdStep};

use crate::ops::Device;
use crate::tensor::Storage;

/// Settings of an optimizer, and one step of it.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::optim::{Adam, Optimizer};
/// let adam = Adam::new(1e-3).betas(0.9, 0.99).weight_decay(1e-2);
/// assert_eq!(adam.with_learning_rate(5e-4).learning_rate(), 5e-4);
/// ```
pub trait Optimizer: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Its name in checkpoints.
    const NAME: &'static str;
    /// The learning rate.
    fn learning_rate(&self) -> f64;
    /// The same optimizer with another learning rate: what a schedule asks for at each step.
    fn with_learning_rate(&self, learning_rate: f64) -> Self;
    /// The numbers it keeps for each weight, by PyTorch's names (`exp_avg`); zero at the beginning.
    fn buffers(&self) -> &'static [&'static str];
    /// Step number `step` (from 1) over all weights, in one pass over memory.
    ///
    /// `state` holds as many buffers as [`Optimizer::buffers`], each as long as the weights. Statistics
    /// ([`Role::Statistic`](crate::Role)) stay as they are. Nothing is done where the watch has stopped the training; it
    /// takes note of new weights that are not finite.
    fn update<D: Device>(&self, device: &D, step: u64, moved: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]);
}

/// What every optimizer works on.
pub struct OptimizerStep<'a, D: Storage> {
    /// What is treated how.
    pub segments: &'a Segments<D>,
    /// The weights of a model.
    pub weights: D::Mut<'a, f32>,
    /// As long as the weights.
    pub gradients: D::Ref<'a, f32>,
    /// [`FiniteCheck::WORDS`] words.
    pub watch: D::Mut<'a, u32>,
}
