//! Training: the [`Trainer`] with its settings, callbacks, history and errors.

#[cfg_attr(any(not(feature = "progress"), all(target_family = "wasm", target_os = "unknown")), path = "no_bar.rs")]
mod bar;
mod batch;
mod builder;
mod check;
mod checkpoint;
mod compare;
#[cfg(feature = "ctrl-c")]
mod ctrl_c;
mod error;
mod event;
mod feed;
mod find_rate;
mod float;
mod history;
mod monitor;
mod progress;
mod record;
mod run;
mod settings;
mod spawn;
mod sweep;
mod tensorboard;
mod terms;
mod trainer;
mod tuning;
mod validation;

pub use crate::metrics::Scores as ClassScores;
pub use crate::metrics::{
    Accuracy, Average, AveragePrecision, Binary, BinaryAccuracy, CalibrationError, ClassMetric, ConfusionMatrix,
    ExplainedVariance, F1, Ignore, Iou, MeanAbsoluteError, MeanOf, Metric, Metrics, Perplexity, Precision, R2, Recall,
    RocAuc, RootMeanSquaredError, RowAccuracy, Rows, TopK,
};
pub use crate::session::{Criterion, ExternalLoss, ModelLoss};
pub use error::TrainError;
pub use event::{EpochEnd, Flow, StepEnd};
pub use find_rate::{RateCurve, RateSearch};
pub use history::{Ended, Epoch, History, Scores};
pub use monitor::{Cause, Warning};
pub use record::Change;
pub use sweep::sweep;
pub use trainer::{Every, Trainer};
