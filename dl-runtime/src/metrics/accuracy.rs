//! Accuracy metrics: of the most likely class, of the `k` most likely classes, and of binary answers.

use super::{ClassMetric, Metric, Scores};
use crate::tensor::ClassRows;
use crate::tensor::pod::flat;
use crate::{Error, Pod, Result};

/// The number of correct answers, and the number of all answers.
type Counts = [f64; 2];

fn share([right, all]: Counts) -> f64 {
    right / all
}

/// Returns the class with the largest score, like PyTorch's `argmax`: the first one among equal scores, and `None` if a score is NaN.
pub(super) fn largest(scores: impl Iterator<Item = f32>) -> Option<u32> {
    let best = scores.zip(0..).try_fold((0, f32::NEG_INFINITY), |best, (score, class)| match score {
        score if score.is_nan() => None,
        score if score > best.1 => Some((class, score)),
        _ => Some(best),
    });
    best.map(|(class, _)| class)
}

/// The fraction of labels whose class has the largest score of the output. An output with NaN counts as wrong.
///
/// Outputs are `[f32; C]` with a label `u32`, or `[[f32; W]; C]` and deeper with one label for each position.
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    counts: Counts,
    /// Labels of this class do not count.
    ignore: Option<u32>,
}

impl Accuracy {
    /// Creates the metric over the labels that are not `ignore`.
    pub const fn but(ignore: Option<u32>) -> Self {
        Accuracy { counts: [0.0; 2], ignore }
    }
}

impl ClassMetric for Accuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        if self.ignore != Some(label) {
            self.counts[0] += f64::from(scores.largest() == Some(label));
            self.counts[1] += 1.0;
        }
    }
    fn value(&self, _: usize) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self, _: usize) -> &mut [f64] {
        &mut self.counts
    }
    fn ignores(&self, label: u32) -> bool {
        self.ignore == Some(label)
    }
}

/// [`Accuracy`] of rows with the classes in the last dimension: `[[f32; C]; T]` and deeper, with one label for each row.
#[derive(Clone, Debug, Default)]
pub struct RowAccuracy {
    counts: Counts,
    ignore: Option<u32>,
}

impl RowAccuracy {
    /// Creates the metric over the labels that are not `ignore`.
    pub const fn but(ignore: Option<u32>) -> Self {
        RowAccuracy { counts: [0.0; 2], ignore }
    }
}

impl<Y: ClassRows> Metric<Y, Y::Of> for RowAccuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }
    fn add(&mut self, output: &Y, target: &Y::Of) {
        each_row(output, target, self.ignore, |row, label| {
            self.counts[0] += f64::from(largest(row.iter().copied()) == Some(label));
            self.counts[1] += 1.0;
        });
    }
    fn value(&self) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.counts
    }
}

/// Calls `f` with each row of an output and its label, unless that is `ignore`.
fn each_row<Y: ClassRows>(output: &Y, target: &Y::Of, ignore: Option<u32>, mut f: impl FnMut(&[f32], u32)) {
    let (rows, labels) = (flat(std::slice::from_ref(output)), flat(std::slice::from_ref(target)));
    for (row, &label) in rows.chunks_exact(Y::CLASSES).zip(labels) {
        if ignore != Some(label) {
            f(row, label);
        }
    }
}

/// The perplexity of rows of logits: `e` to the mean cross-entropy over all labels that are not ignored, for language models.
///
/// It is computed on the host from the outputs; over the whole of a data set it is `e` to the loss of [`RowCrossEntropy`] without
/// weights.
///
/// [`RowCrossEntropy`]: crate::loss::RowCrossEntropy
#[derive(Clone, Debug, Default)]
pub struct Perplexity {
    /// The sum of the cross-entropies, and the number of labels.
    sums: [f64; 2],
    ignore: Option<u32>,
}

impl Perplexity {
    /// Creates the metric over the labels that are not `ignore`.
    pub const fn but(ignore: Option<u32>) -> Self {
        Perplexity { sums: [0.0; 2], ignore }
    }
}

impl<Y: ClassRows> Metric<Y, Y::Of> for Perplexity {
    fn name(&self) -> String {
        "perplexity".into()
    }
    fn add(&mut self, output: &Y, target: &Y::Of) {
        each_row(output, target, self.ignore, |row, label| {
            let most = row.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));
            let sum: f64 = row.iter().map(|x| f64::from(x - most).exp()).sum();
            self.sums[0] += sum.ln() - f64::from(row.get(label as usize).copied().unwrap_or(f32::NAN) - most);
            self.sums[1] += 1.0;
        });
    }
    fn value(&self) -> f64 {
        share(self.sums).exp()
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}

/// The fraction of labels whose class is among the `k` largest scores of the output: top-k accuracy.
#[derive(Clone, Debug)]
pub struct TopK {
    k: usize,
    counts: Counts,
}

impl TopK {
    /// Counts an answer as correct if its class is among the `k` largest scores; `k` is from 1 to the number of classes.
    pub const fn new(k: usize) -> Self {
        TopK { k, counts: [0.0; 2] }
    }
}

impl ClassMetric for TopK {
    fn name(&self) -> String {
        format!("top-{} accuracy", self.k)
    }
    fn check(&self, classes: usize) -> Result<()> {
        if (1..=classes).contains(&self.k) {
            return Ok(());
        }
        let expected = format!("from 1 to {classes}, the number of classes");
        Err(Error::Setting { setting: "k", of: "TopK", expected, found: self.k.to_string() })
    }
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        let own = scores.iter().nth(label as usize).unwrap_or(f32::NAN);
        // Among equal scores, the lower class comes first.
        let better = scores.iter().zip(0..).filter(|(x, class)| *x > own || *x == own && *class < label);
        let known = !own.is_nan() && !scores.iter().any(f32::is_nan);
        self.counts[0] += f64::from(known && better.count() < self.k);
        self.counts[1] += 1.0;
    }
    fn value(&self, _: usize) -> f64 {
        share(self.counts)
    }
    fn sums(&mut self, _: usize) -> &mut [f64] {
        &mut self.counts
    }
}

/// The fraction of correct binary answers: a logit above 0 means yes, and so does a target above 0.5. An answer of NaN is wrong.
#[derive(Clone, Debug, Default)]
pub struct BinaryAccuracy {
    counts: Counts,
    /// The threshold above which an output means yes.
    threshold: f32,
}

impl BinaryAccuracy {
    /// Creates the metric for outputs that are probabilities: one above 0.5 means yes.
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
