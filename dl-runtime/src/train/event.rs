//! The events that callbacks receive, and the values that they may return.

use super::{Epoch, History};
use crate::Passes;

/// The event after one step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepEnd {
    /// The number of the epoch, counted from 1.
    pub epoch: usize,
    /// The number of the step, counted from 1 over the whole training.
    pub step: u64,
    /// The number of the step's last batch, counted from 1 within the epoch.
    pub batch: usize,
    /// The number of batches in an epoch.
    pub batches: usize,
    /// The mean loss of the batches of the step, computed before it.
    pub loss: f32,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The norm of the gradient before clipping; `None` unless gradients are clipped by norm, since only that computes it.
    pub norm: Option<f64>,
}

/// The event after one epoch.
#[derive(Debug)]
#[non_exhaustive]
pub struct EpochEnd<'a, M: Passes> {
    /// The numbers of this epoch.
    pub row: &'a Epoch,
    /// All epochs so far, including this one.
    pub history: &'a History,
    /// The network after this epoch.
    pub net: &'a M,
}

/// The decision of a callback. Closures that return nothing continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Continues the training.
    Continue,
    /// Stops the training.
    Stop,
}

impl From<()> for Flow {
    fn from((): ()) -> Self {
        Flow::Continue
    }
}
