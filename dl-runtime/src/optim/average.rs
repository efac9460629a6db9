//! Averages of weights over the steps of a training, which often generalise better than the last weights.

use crate::Result;
use crate::range::KEPT;
use serde::{Deserialize, Serialize};

/// An average of weights, which a training keeps beside them.
///
/// ```text
/// exponential   mean = β·mean + (1 - β)·w                        Polyak & Juditsky 1992; PyTorch's `get_ema_multi_avg_fn`
/// equal         mean = mean + (w - mean) / (k + 1)               Izmailov et al., UAI 2018; PyTorch's `AveragedModel`
/// ```
///
/// The first update sets the mean to the weights, and `k` is the number of updates before. Running statistics of `batch_norm` are averaged
/// like weights, as in PyTorch with `use_buffers=True`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum WeightAverage {
    /// An exponential moving average (EMA).
    Exponential {
        /// The part β of the mean that each update keeps; at least 0 and below 1. 0.99 to 0.9999 is usual.
        decay: f64,
        /// True if the first updates keep less, `min(β, (1 + k) / (10 + k))`, so that the mean forgets the initial weights soon.
        warm_up: bool,
    },
    /// The mean of the weights after some epochs, each with the same part (stochastic weight averaging, SWA).
    Equal {
        /// The first epoch, counted from 1, whose weights the trainer takes into the mean.
        from_epoch: usize,
    },
}

impl WeightAverage {
    /// An exponential moving average, which the trainer updates after each step.
    pub const fn ema(decay: f64) -> Self {
        WeightAverage::Exponential { decay, warm_up: false }
    }
    /// Lets the first updates of an exponential average keep less of it, as TensorFlow's `num_updates` does. An equal average stays as it is.
    #[must_use]
    pub const fn warm_up(self) -> Self {
        match self {
            WeightAverage::Exponential { decay, .. } => WeightAverage::Exponential { decay, warm_up: true },
            equal => equal,
        }
    }
    /// The mean of the weights at the end of each epoch from number `from_epoch` on, counted from 1.
    pub const fn swa(from_epoch: usize) -> Self {
        WeightAverage::Equal { from_epoch }
    }
    /// Checks that the decay is in its range.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the value and the range.
    pub fn check(self) -> Result<()> {
        match self {
            WeightAverage::Exponential { decay, .. } => KEPT.check("WeightAverage", "decay", decay),
            WeightAverage::Equal { from_epoch } => {
                crate::range::at_least_one("WeightAverage", "from_epoch", from_epoch as u64)
            }
        }
    }
    /// Returns the part of the way to the weights that the mean goes in an update after `updates` others.
    pub fn part(self, updates: u64) -> f64 {
        let k = updates as f64;
        match self {
            _ if updates == 0 => 1.0,
            WeightAverage::Equal { .. } => 1.0 / (k + 1.0),
            WeightAverage::Exponential { decay, warm_up: false } => 1.0 - decay,
            WeightAverage::Exponential { decay, warm_up: true } => 1.0 - decay.min((1.0 + k) / (10.0 + k)),
        }
    }
}
