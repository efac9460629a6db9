//! Metrics are numbers beside the loss that people want to know, such as the accuracy. They are counted sample by sample.

mod accuracy;
mod confusion;
mod error;
#[cfg(test)]
mod tests;

pub use accuracy::{Accuracy, BinaryAccuracy, TopK};
pub use confusion::ConfusionMatrix;
pub use error::{MeanAbsoluteError, MeanOf, RootMeanSquaredError};

use crate::Result;

/// A number about outputs `Y` and their targets `T`, over a whole epoch.
///
/// A metric keeps nothing but sums. So the trainer can reset them, save them in a checkpoint and read them back.
pub trait Metric<Y, T>: Send {
    /// The name of its column in a history: `accuracy`.
    fn name(&self) -> String;
    /// Checks the settings of the metric, and that it can count these targets. The trainer asks before the first step, for every
    /// data set.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) with the setting, its value and its range, or one about a target.
    fn check(&self, targets: &[T]) -> Result<()> {
        let _ = targets;
        Ok(())
    }
    /// Adds one sample to the sums.
    fn add(&mut self, output: &Y, target: &T);
    /// The metric over all samples since the sums were zero; NaN if there were none.
    fn value(&self) -> f64;
    /// The sums, all that the metric keeps.
    fn sums(&mut self) -> &mut [f64];
    /// The confusion matrix, if the metric is one.
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        None
    }
}

/// Metrics for outputs `Y` and targets `T`, such as those that a loss reports by default.
pub type Metrics<Y, T> = Vec<Box<dyn Metric<Y, T>>>;
