//! Metrics of the order of samples by their scores: the area under the ROC curve, and average precision.
//!
//! They need all scores of an epoch at once, and keep them as `f64`: two numbers for each label of two classes, otherwise one more than
//! there are classes. The memory is kept from epoch to epoch.

use super::{ClassMetric, Scores};

/// The scores and labels so far. Of two classes: the score of class 1, and the label. Of more: the label, and all probabilities.
#[derive(Clone, Debug, Default)]
struct Ranked(Vec<f64>);

impl Ranked {
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        let classes = scores.classes();
        let known = (label as usize) < classes && !scores.iter().any(f32::is_nan);
        let label = if known { f64::from(label) } else { f64::NAN };
        if classes == 2 {
            self.0.extend([scores.second_of_two(), label]);
        } else {
            self.0.push(label);
            self.0.extend(scores.to_probabilities());
        }
    }
    fn stride(classes: usize) -> usize {
        if classes == 2 { 2 } else { classes + 1 }
    }
    fn restore(&mut self, classes: usize, sums: &[f64]) -> bool {
        self.0.clear();
        self.0.extend_from_slice(sums);
        sums.len().is_multiple_of(Self::stride(classes))
    }
    /// Returns the mean of `number` over the classes for which it has one; NaN if there are none. It gets the answers of a class from
    /// the largest score to the smallest.
    fn mean(&self, classes: usize, number: fn(&[Answer]) -> Option<f64>) -> f64 {
        let samples = self.0.chunks_exact(Self::stride(classes));
        if self.0.is_empty() || self.0.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        let (mut answers, mut sum, mut count) = (Vec::with_capacity(samples.len()), 0.0, 0.0);
        for class in if classes == 2 { 1..2 } else { 0..classes } {
            answers.clear();
            answers.extend(samples.clone().map(|sample| match classes {
                2 => Answer { score: sample[0], yes: sample[1] == 1.0 },
                _ => Answer { score: sample[1 + class], yes: sample[0] == class as f64 },
            }));
            answers.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
            if let Some(number) = number(&answers) {
                (sum, count) = (sum + number, count + 1.0);
            }
        }
        sum / count
    }
}

/// The score of a class, and whether it is the label.
struct Answer {
    score: f64,
    yes: bool,
}

/// Returns the numbers of yes and of no among the answers of each score, from the largest to the smallest.
fn ties(answers: &[Answer]) -> impl Iterator<Item = (f64, f64)> {
    answers.chunk_by(|a, b| a.score == b.score).map(|tied| {
        let yes = tied.iter().filter(|answer| answer.yes).count();
        (yes as f64, (tied.len() - yes) as f64)
    })
}

fn totals(answers: &[Answer]) -> (f64, f64) {
    ties(answers).fold((0.0, 0.0), |(yes, no), (a, b)| (yes + a, no + b))
}

/// The probability that a yes has a larger score than a no, where equal scores count half; `None` without a yes or a no.
fn area(answers: &[Answer]) -> Option<f64> {
    let (all, none) = totals(answers);
    let mut larger = 0.0;
    let pairs = ties(answers).fold(0.0, |pairs, (yes, no)| {
        larger += yes;
        pairs + no * (larger - yes / 2.0)
    });
    (all * none > 0.0).then(|| pairs / all / none)
}

/// The mean of the precisions at the scores of all yes: `Σ (Rₙ − Rₙ₋₁)·Pₙ`; 0 without a yes.
fn average_precision(answers: &[Answer]) -> Option<f64> {
    let (all, _) = totals(answers);
    let (mut right, mut answered) = (0.0, 0.0);
    let sum = ties(answers).fold(0.0, |sum, (yes, no)| {
        (right, answered) = (right + yes, answered + yes + no);
        sum + yes * right / answered
    });
    Some(if all > 0.0 { sum / all } else { 0.0 })
}

/// Defines a metric of all scores.
macro_rules! of_ranking {
    ($($(#[$about:meta])* $metric:ident, $name:literal, $number:expr;)*) => {$(
        $(#[$about])*
        ///
        /// With [`Binary`](super::Binary) and with two classes it is that of class 1; with more classes it is the mean over all classes,
        /// each against the others (`average="macro"`, `multi_class="ovr"`). Outputs are logits unless
        #[doc = concat!("[`", stringify!($metric), "::of_probabilities`] says otherwise.")]
        ///
        /// It keeps all scores of an epoch, so a checkpoint in the middle of an epoch contains them too.
        #[derive(Clone, Debug, Default)]
        pub struct $metric {
            ranked: Ranked,
            probabilities: bool,
        }

        impl $metric {
            /// Creates the metric for outputs that are logits.
            pub fn new() -> Self {
                Self::default()
            }
            /// Creates the metric for outputs that are probabilities, such as those of a model with `softmax` at its end.
            pub fn of_probabilities() -> Self {
                $metric { probabilities: true, ..Self::default() }
            }
        }

        impl ClassMetric for $metric {
            fn name(&self) -> String {
                $name.into()
            }
            fn add(&mut self, scores: Scores<'_>, label: u32) {
                self.ranked.add(scores.as_probabilities(self.probabilities), label);
            }
            fn value(&self, classes: usize) -> f64 {
                self.ranked.mean(classes, $number)
            }
            fn sums(&mut self, _: usize) -> &mut [f64] {
                &mut self.ranked.0
            }
            fn reset(&mut self, _: usize) {
                self.ranked.0.clear();
            }
            fn restore(&mut self, classes: usize, sums: &[f64]) -> bool {
                self.ranked.restore(classes, sums)
            }
        }
    )*};
}

of_ranking! {
    /// The area under the ROC curve: the probability that a sample of a class has a larger score for it than a sample of another class
    /// (Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve", 1982).
    ///
    /// A class without labels, or with all of them, has no area. The mean leaves it out, where scikit-learn refuses to compute one; it is
    /// NaN if no class is left.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::train::{Binary, Metric, RocAuc};
    /// let mut auc = Binary::of_logits(RocAuc::new());
    /// for (logit, target) in [(-2.0, 0.0), (0.5, 0.0), (0.1, 1.0), (3.0, 1.0)] {
    ///     auc.add(&[logit], &[target]);
    /// }
    /// // Of the four pairs of a yes and a no, three are in order.
    /// assert_eq!(Metric::<[f32; 1], _>::value(&auc), 0.75);
    /// ```
    RocAuc, "ROC AUC", area;

    /// The average precision, which summarises the curve of precision over recall: `Σ (Rₙ − Rₙ₋₁)·Pₙ` over all thresholds, without
    /// interpolation. A class without labels has 0.
    AveragePrecision, "average precision", average_precision;
}
