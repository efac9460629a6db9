//! What callbacks are told, and what they may answer.

use super::{Epoch, History};
use crate::Model;

/// After one step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepEnd {
    /// Counted from 1.
    pub epoch: usize,
    /// Counted from 1 over the whole training.
    pub step: u64,
    /// Counted from 1 within the epoch.
    pub batch: usize,
    /// Batches of an epoch.
    pub batches: usize,
    /// The mean loss of the batch, before the step.
    pub loss: f32,
    /// The learning rate.
    pub learning_rate: f64,
    /// The norm of the gradient before it was clipped; `None` without clipping by norm, which alone computes it.
    pub norm: Option<f64>,
}

/// After one epoch.
#[derive(Debug)]
#[non_exhaustive]
pub struct EpochEnd<'a, M: Model> {
    /// Its numbers.
    pub row: &'a Epoch,
    /// All epochs so far, this one included.
    pub history: &'a History,
    /// The network as it is now.
    pub net: &'a M,
}

/// What a callback wants. Closures that return nothing go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Training goes on.
    Continue,
    /// Training ends here.
    Stop,
}

impl From<()> for Flow {
    fn from((): ()) -> Self {
        Flow::Continue
    }
}
