//! Training: the [`Trainer`] with its settings, callbacks, history and errors.

mod check;
mod checkpoint;
mod error;
mod event;
mod feed;
mod float;
mod history;
mod progress;
mod run;
mod settings;
mod terms;
mod trainer;

pub use crate::metrics::{
    Accuracy, BinaryAccuracy, ConfusionMatrix, MeanAbsoluteError, MeanOf, Metric, Metrics, Perplexity,
    RootMeanSquaredError, RowAccuracy, TopK,
};
pub use crate::session::{Criterion, ExternalLoss, ModelLoss};
pub use error::TrainError;
pub use event::{EpochEnd, Flow, StepEnd};
pub use history::{Ended, Epoch, History, Scores};
pub use trainer::{Every, Trainer};
