//! Samplers: which samples an epoch draws, if not each of them once.

use crate::random::Rng;
use crate::range::text;
use crate::{Error, Result};
use std::collections::HashMap;
use std::hash::Hash;

/// Draws the samples of an epoch with replacement, each as often as its weight says: PyTorch's `WeightedRandomSampler`.
///
/// Rare classes then train a network as much as frequent ones. An epoch has as many samples as the data set, of which some come several
/// times and others not at all.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::WeightedSampler;
/// let mut order = vec![0; 6];
/// WeightedSampler::new(&[1.0, 0.0, 1.0])?.draw(42, &mut order);
/// assert!(order.iter().all(|sample| *sample != 1));
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedSampler {
    /// The sum of the weights up to each sample.
    sums: Vec<f64>,
}

impl WeightedSampler {
    /// Creates a sampler with a weight for each sample, 0 or more; a sample of twice the weight is drawn twice as often.
    ///
    /// # Errors
    /// [`Error::Setting`] for a weight that is negative or not finite, and if all are 0.
    pub fn new(weights: &[f64]) -> Result<Self> {
        let expected = |what: &str, found: String| {
            Err(Error::Setting { setting: "weights", of: "WeightedSampler", expected: what.into(), found })
        };
        if let Some(at) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return expected("finite numbers of at least 0", format!("{} at index {at}", text(weights[at])));
        }
        let sums: Vec<f64> = weights
            .iter()
            .scan(0.0, |sum, weight| {
                Some({
                    *sum += weight;
                    *sum
                })
            })
            .collect();
        match sums.last() {
            Some(sum) if sum.is_finite() && *sum > 0.0 => Ok(WeightedSampler { sums }),
            Some(_) => expected("numbers whose sum is finite and above 0", text(sums[sums.len() - 1])),
            None => expected("a number for each sample", "empty".into()),
        }
    }
    /// Creates a sampler that draws every label equally often, however many samples have it.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::WeightedSampler;
    /// let labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    /// let mut order = vec![0; 1000];
    /// WeightedSampler::balanced(&labels)?.draw(42, &mut order);
    /// let rare = order.iter().filter(|sample| labels[**sample] == 1).count();
    /// assert!((450..550).contains(&rare));
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] if there are no labels.
    pub fn balanced<L: Eq + Hash>(labels: &[L]) -> Result<Self> {
        let mut counts: HashMap<&L, f64> = HashMap::new();
        labels.iter().for_each(|label| *counts.entry(label).or_default() += 1.0);
        let weights: Vec<f64> = labels.iter().map(|label| 1.0 / counts[label]).collect();
        Self::new(&weights)
    }
    /// Returns the number of samples that have a weight.
    pub fn samples(&self) -> usize {
        self.sums.len()
    }
    /// Draws the index of a sample for each place of `order`, in the random order of `seed`.
    pub fn draw(&self, seed: u64, order: &mut [usize]) {
        let mut rng = Rng::new(seed);
        let sum = self.sums.last().copied().unwrap_or(0.0);
        for slot in order {
            // 53 bits, as an `f64` has: 24 bits could not reach each of many samples.
            let at = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 * sum;
            *slot = self.sums.partition_point(|sum| *sum <= at).min(self.sums.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_drawn_as_often_as_their_weights_say() {
        let weights = [0.0, 1.0, 2.0, 0.0, 0.5, 0.0];
        let sampler = WeightedSampler::new(&weights).unwrap();
        let mut order = vec![0; 70_000];
        sampler.draw(9, &mut order);
        for (sample, weight) in weights.iter().enumerate() {
            let found = order.iter().filter(|drawn| **drawn == sample).count() as f64;
            // Four standard deviations of the binomial distribution, and never a sample of weight 0.
            let p = weight / 3.5;
            assert!((found - 70_000.0 * p).abs() <= 4.0 * (70_000.0 * p * (1.0 - p)).sqrt(), "{sample}: {found}");
        }
        let mut again = vec![0; 70_000];
        sampler.draw(9, &mut again);
        assert_eq!(order, again);
        sampler.draw(10, &mut again);
        assert_ne!(order, again);
    }

    #[test]
    fn mistakes_are_told() {
        let text = |weights: &[f64]| WeightedSampler::new(weights).unwrap_err().to_string();
        assert_eq!(
            text(&[1.0, -0.5]),
            "`weights` of `WeightedSampler` is -0.5 at index 1; it must be finite numbers of at least 0"
        );
        assert!(text(&[f64::NAN]).contains("NaN at index 0") && text(&[f64::INFINITY]).contains("inf at index 0"));
        assert_eq!(
            text(&[0.0; 3]),
            "`weights` of `WeightedSampler` is 0; it must be numbers whose sum is finite and above 0"
        );
        assert!(text(&[f64::MAX; 2]).contains("finite"));
        assert_eq!(text(&[]), "`weights` of `WeightedSampler` is empty; it must be a number for each sample");
        assert!(WeightedSampler::balanced::<u32>(&[]).is_err());
    }
}
