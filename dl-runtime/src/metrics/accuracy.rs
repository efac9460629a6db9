//! The share of right answers: of the most likely class, of the `k` most likely classes, and of yes or no.

use super::Metric;
use crate::tensor::Labels;
use crate::tensor::pod::flat;
use crate::{Error, Pod, Result};

/// The number of right answers, and of all answers.
type Counts = [f64; 2];

fn share([right, all]: Counts) -> f64 {
    right / all
}

/// The scores of all `C` classes at one place of an output.
fn classes<T: Labels, const C: usize>(output: &[T; C], place: usize) -> impl Iterator<Item = f32> {
    flat(output).iter().skip(place).step_by(T::LEN).copied()
}

/// The class with the largest score, the first of equal ones, as PyTorch's `argmax` gives; none where a score is NaN.
pub(super) fn largest(scores: impl Iterator<Item = f32>) -> Option<u32> {
    let best = scores.zip(0..).try_fold((0, f32::NEG_INFINITY), |best, (score, class)| match score {
        score if score.is_nan() => None,
        score if score > best.1 => Some((class, score)),
        _ => Some(best),
    });
    best.map(|(class, _)| class)
}

/// The share of labels whose class has the largest score of the output. An output with NaN is wrong.
///
/// Outputs are `[f32; C]` with a label `u32`, or `[[f32; W]; C]` and deeper with a label for each place.
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    counts: Counts,
}

impl<T: Labels, const C: usize> Metric<[T; C], T::Of> for Accuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }
    fn add(&mut self, output: &[T; C], target: &T::Of) {
        for (place, label) in flat(std::slice::from_ref(target)).iter().enumerate() {
            self.counts[0] += f64::from(largest(classes(output, place)) == Some(*label));
            self.counts[1] += 1.0;
        }
    }
    fn value(&self) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.counts
    }
}

/// The share of labels whose class is among the `k` largest scores of the output: top-k accuracy.
#[derive(Clone, Debug)]
pub struct TopK {
    k: usize,
    counts: Counts,
}

impl TopK {
    /// Counts an answer as right if its class is among the `k` largest scores; `k` is from 1 to the number of classes.
    pub const fn new(k: usize) -> Self {
        TopK { k, counts: [0.0; 2] }
    }
}

impl<T: Labels, const C: usize> Metric<[T; C], T::Of> for TopK {
    fn name(&self) -> String {
        format!("top-{} accuracy", self.k)
    }
    fn check(&self, _: &[T::Of]) -> Result<()> {
        if (1..=C).contains(&self.k) {
            return Ok(());
        }
        let expected = format!("from 1 to {C}, the number of classes");
        Err(Error::Setting { setting: "k", of: "TopK", expected, found: self.k.to_string() })
    }
    fn add(&mut self, output: &[T; C], target: &T::Of) {
        for (place, label) in flat(std::slice::from_ref(target)).iter().enumerate() {
            let own = classes(output, place).nth(*label as usize).unwrap_or(f32::NAN);
            // Among equal scores, the lower class comes first.
            let better = classes(output, place).zip(0..).filter(|(x, class)| *x > own || *x == own && class < label);
            let known = !own.is_nan() && !classes(output, place).any(f32::is_nan);
            self.counts[0] += f64::from(known && better.count() < self.k);
            self.counts[1] += 1.0;
        }
    }
    fn value(&self) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.counts
    }
}

/// The share of right answers to yes-or-no questions: a logit above 0 says yes, and so does a target above 0.5.
/// An answer of NaN is wrong.
#[derive(Clone, Debug, Default)]
pub struct BinaryAccuracy {
    counts: Counts,
    /// An output above this says yes.
    threshold: f32,
}

impl BinaryAccuracy {
    /// For outputs that are probabilities: one above 0.5 says yes.
    pub const fn of_probabilities() -> Self {
        BinaryAccuracy { counts: [0.0; 2], threshold: 0.5 }
    }
}

impl<Y: Pod<Element = f32>> Metric<Y, Y> for BinaryAccuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }
    fn add(&mut self, output: &Y, target: &Y) {
        let pairs = flat(std::slice::from_ref(output)).iter().zip(flat(std::slice::from_ref(target)));
        for (answer, target) in pairs {
            self.counts[0] += f64::from(!answer.is_nan() && (*answer > self.threshold) == (*target > 0.5));
            self.counts[1] += 1.0;
        }
    }
    fn value(&self) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.counts
    }
}
