//! The expected calibration error: how far the confidence of answers is from the share of correct ones.

use super::{ClassMetric, Scores};
use crate::{Result, range};

/// The expected calibration error (Guo et al., "On calibration of modern neural networks", ICML 2017).
///
/// The confidence of an answer is the probability of its class. Answers fall into bins of equal width by their confidence, `(i/n, (i+1)/n]`,
/// and the error is `Σ |Bᵢ|/N · |accuracy(Bᵢ) − confidence(Bᵢ)|`. A network that is right in 80 % of the answers that it gives with a
/// confidence of 0.8 has an error of 0. Yes-or-no answers are those of two classes: [`Binary`](super::Binary).
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::{CalibrationError, Metric};
/// let mut error = CalibrationError::of_probabilities();
/// error.add(&[0.75, 0.25], &0);
/// error.add(&[0.25, 0.75], &0);
/// // Half of the answers with a confidence of 0.75 are correct.
/// assert_eq!(Metric::<[f32; 2], u32>::value(&error), 0.25);
/// ```
#[doc(alias = "ECE")]
#[derive(Clone, Debug)]
pub struct CalibrationError {
    bins: usize,
    probabilities: bool,
    /// For each bin: its answers, the sum of their confidences, and the correct ones.
    sums: Vec<f64>,
}

impl Default for CalibrationError {
    fn default() -> Self {
        CalibrationError { bins: 15, probabilities: false, sums: Vec::new() }
    }
}

impl CalibrationError {
    /// Creates the metric with 15 bins, for outputs that are logits.
    pub fn new() -> Self {
        Self::default()
    }
    /// Creates the metric with 15 bins, for outputs that are probabilities.
    pub fn of_probabilities() -> Self {
        CalibrationError { probabilities: true, ..Self::default() }
    }
    /// Sets the number of bins; the default is 15.
    #[must_use]
    pub fn bins(mut self, bins: usize) -> Self {
        self.bins = bins;
        self
    }
}

impl ClassMetric for CalibrationError {
    fn name(&self) -> String {
        "calibration error".into()
    }
    fn check(&self, _: usize) -> Result<()> {
        range::at_least_one("CalibrationError", "bins", self.bins as u64)
    }
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        let classes = scores.classes();
        let answer = scores.largest().filter(|_| (label as usize) < classes);
        let confidence = scores.as_probabilities(self.probabilities).to_probabilities().fold(0.0, f64::max);
        let place = ((confidence * self.bins as f64).ceil() - 1.0).clamp(0.0, self.bins.saturating_sub(1) as f64);
        let sums = self.sums(classes);
        match (answer, sums.as_chunks_mut::<3>().0.get_mut(place as usize)) {
            (Some(answer), Some([count, confidences, right])) => {
                *count += 1.0;
                *confidences += confidence;
                *right += f64::from(answer == label);
            }
            _ => sums.fill(f64::NAN),
        }
    }
    fn value(&self, _: usize) -> f64 {
        let bins = self.sums.as_chunks::<3>().0.iter();
        let (count, error) = bins.fold((0.0, 0.0), |(count, error), [n, confidences, right]| {
            (count + n, error + (right - confidences).abs())
        });
        error / count
    }
    fn sums(&mut self, _: usize) -> &mut [f64] {
        self.sums.resize(3 * self.bins, 0.0);
        &mut self.sums
    }
}
