//! Optimizers update weights with their gradients. Each has a file with its formula, its source and its settings.
//!
//! An optimizer is a value that contains only settings. Its state between steps ([`Optimizer::buffers`]) is stored with the weights, in a
//! `Training` session and in checkpoints. All formulas and defaults are PyTorch's, except that biases and the scales of normalisation
//! layers do not decay by default ([`Decay`]).
//!
//! Settings, schedules and [`Clip`] can be read from a file and written to one with `serde`. A file contains every setting:
//!
//! ```
//! # use dl_runtime as dl;
//! use dl::optim::Sgd;
//! let decay = r#"{ "weight_decay": 1e-4, "coupling": "coupled", "everything": false }"#;
//! let json = format!(r#"{{ "learning_rate": 0.1, "momentum": 0.9, "nesterov": false, "decay": {decay} }}"#);
//! let sgd: Sgd = serde_json::from_str(&json).expect("a complete set of settings");
//! assert_eq!(sgd, Sgd::new(0.1).momentum(0.9).weight_decay(1e-4));
//! ```

mod adagrad;
mod adam;
mod adam_w;
mod adamax;
mod average;
mod clip;
mod decay;
mod family;
mod group;
mod lamb;
mod lbfgs;
mod lion;
mod muon;
mod n_adam;
mod r_adam;
mod rms_prop;
pub mod schedule;
mod sgd;
#[cfg(test)]
mod tests;

pub use crate::ops::optimizer::{
    AverageKernel, ClipKernel, DecayStep, FiniteCheck, FiniteCheckKernel, Formula, LambKernel, LambStep, OptimizerStep,
    Segment, Segments, StepKernel, TensorStep, TrainedTensor, each_tensor, formula, segments, trained_tensors,
};
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adam_w::AdamW;
pub use adamax::Adamax;
pub use average::WeightAverage;
pub use clip::Clip;
pub use decay::{Coupling, Decay};
pub use group::Group;
pub(crate) use group::{Pace, Unit};
pub use lamb::Lamb;
pub use lbfgs::{Lbfgs, Minimum, MinimumKind};
pub use lion::Lion;
pub use muon::{Muon, MuonScale};
pub use n_adam::NAdam;
pub use r_adam::RAdam;
pub use rms_prop::RmsProp;
pub use schedule::Schedule;
pub use sgd::Sgd;

use crate::Result;
use crate::ops::Device;
use serde::Serialize;

/// The settings of an optimizer, and its update of the weights in one step. Checkpoints record the settings.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::optim::{Adam, Optimizer};
/// let adam = Adam::new(1e-3).betas(0.9, 0.99).weight_decay(1e-2);
/// assert_eq!(adam.with_learning_rate(5e-4).learning_rate(), 5e-4);
/// ```
pub trait Optimizer: Clone + Serialize + std::fmt::Debug + Send + Sync + 'static {
    /// The name in checkpoints.
    const NAME: &'static str;
    /// Checks that every setting is in its range; the trainer and [`Training::step`](crate::Training::step) call this before they
    /// compute.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// Returns the learning rate.
    fn learning_rate(&self) -> f64;
    /// Returns the same optimizer with another learning rate; schedules use it at each step.
    fn with_learning_rate(&self, learning_rate: f64) -> Self;
    /// Returns the same optimizer with another weight decay, for a [`Group`] that has its own; `None`, the default, if it has no weight
    /// decay.
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        let _ = weight_decay;
        None
    }
    /// Returns the names of the buffers that it keeps between steps, which are PyTorch's (`exp_avg`). A buffer has one number for each
    /// weight, and starts with zeros.
    fn buffers(&self) -> &'static [&'static str];
    /// Returns the number of numbers that a step needs as memory beside the buffers; 0 unless an optimizer says otherwise.
    fn workspace(&self, tensors: &[TrainedTensor]) -> usize {
        let _ = tensors;
        0
    }
    /// Performs step number `step` (from 1) on all weights; most optimizers do so in one pass over memory.
    ///
    /// `state` holds the buffers of [`Optimizer::buffers`]. Running statistics ([`Role::Statistic`](crate::Role)) stay unchanged. Nothing
    /// is done if the [`FiniteCheck`] has stopped the training.
    fn update<D: Device>(&self, device: &D, step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]);
}
