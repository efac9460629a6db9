//! Metrics: what people want to know beside the loss, counted sample by sample.

mod accuracy;
mod confusion;
mod error;
#[cfg(test)]
mod tests;

pub use accuracy::{Accuracy, BinaryAccuracy, TopK};
pub use confusion::ConfusionMatrix;
pub use error::{MeanAbsoluteError, MeanOf, RootMeanSquaredError};

/// A number about outputs `Y` and their targets `T`, over a whole epoch.
///
/// All a metric keeps are sums, so that it can be reset, saved in a checkpoint and read back by whoever holds it.
pub trait Metric<Y, T>: Send {
    /// The name of its column in a history: `accuracy`.
    fn name(&self) -> String;
    /// Takes one sample into account.
    fn add(&mut self, output: &Y, target: &T);
    /// The metric of all samples since the sums were zero; NaN without any.
    fn value(&self) -> f64;
    /// Everything it keeps.
    fn sums(&mut self) -> &mut [f64];
    /// The matrix, of a metric that is one.
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        None
    }
}

/// Metrics for outputs `Y` and targets `T`, such as the natural ones of a loss.
pub type Metrics<Y, T> = Vec<Box<dyn Metric<Y, T>>>;
