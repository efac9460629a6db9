//! Metrics are numbers that are reported beside the loss, such as the accuracy. They are computed sample by sample.

mod accuracy;
mod calibration;
mod classes;
mod confusion;
mod error;
mod f1;
mod ranking;
#[cfg(test)]
mod tests;
mod variance;

pub use accuracy::{Accuracy, BinaryAccuracy, Perplexity, RowAccuracy, TopK};
pub use calibration::CalibrationError;
pub use classes::{Binary, ClassMetric, Ignore, Rows, Scores};
pub use confusion::ConfusionMatrix;
pub use error::{MeanAbsoluteError, MeanOf, RootMeanSquaredError};
pub use f1::{Average, F1, Iou, Precision, Recall};
pub use ranking::{AveragePrecision, RocAuc};
pub use variance::{ExplainedVariance, R2};

use crate::Result;

/// A number computed from outputs `Y` and their targets `T` over a whole epoch.
///
/// A metric stores nothing but numbers. The trainer can therefore reset them, save them in a checkpoint and restore them. Most metrics
/// store a few sums; one that needs the whole epoch stores a list that grows, with its own [`Metric::reset`] and [`Metric::restore`].
pub trait Metric<Y, T>: Send {
    /// Returns the name of its column in a history, such as `accuracy`.
    fn name(&self) -> String;
    /// Checks the settings of the metric, and that it can be computed for these targets. The trainer calls this before the first step,
    /// for every data set.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range, or an error about a target.
    fn check(&self, targets: &[T]) -> Result<()> {
        let _ = targets;
        Ok(())
    }
    /// Adds one sample to the sums.
    fn add(&mut self, output: &Y, target: &T);
    /// Returns the metric over all samples since the sums were zero; NaN if there were none.
    fn value(&self) -> f64;
    /// Returns the sums, which are the whole state of the metric.
    fn sums(&mut self) -> &mut [f64];
    /// Forgets all samples. A metric of sums sets them to zero.
    fn reset(&mut self) {
        self.sums().fill(0.0);
    }
    /// Restores the state that [`Metric::sums`] returned; false if it does not fit.
    fn restore(&mut self, sums: &[f64]) -> bool {
        let own = self.sums();
        own.len() == sums.len() && {
            own.copy_from_slice(sums);
            true
        }
    }
    /// Returns the confusion matrix, if the metric is one.
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        None
    }
}

/// Metrics for outputs `Y` and targets `T`, such as those that a loss reports by default.
pub type Metrics<Y, T> = Vec<Box<dyn Metric<Y, T>>>;
