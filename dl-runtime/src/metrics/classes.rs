//! The common part of all metrics of classes, which see one position at a time, with its scores and its label, in outputs of any layout.

use super::{ConfusionMatrix, Metric};
use crate::tensor::pod::flat;
use crate::tensor::{ClassRows, Labels};
use crate::{Error, Pod, Result};

/// The scores of all classes at one position of an output.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a> {
    /// The numbers of the output.
    numbers: &'a [f32],
    /// The place of the first class, and the distance from one class to the next.
    first: usize,
    step: usize,
    probabilities: bool,
}

impl<'a> Scores<'a> {
    /// Returns logits (scores before softmax) that lie one after another.
    pub const fn logits(numbers: &'a [f32]) -> Self {
        Scores { numbers, first: 0, step: 1, probabilities: false }
    }
    /// Returns probabilities that lie one after another.
    pub const fn probabilities(numbers: &'a [f32]) -> Self {
        Scores { probabilities: true, ..Self::logits(numbers) }
    }
    /// Returns the same scores as probabilities, if `yes`.
    pub(super) fn as_probabilities(self, yes: bool) -> Self {
        Scores { probabilities: self.probabilities || yes, ..self }
    }
    /// Returns the number of classes.
    pub fn classes(self) -> usize {
        self.numbers.len().saturating_sub(self.first).div_ceil(self.step)
    }
    /// Returns the scores, class by class.
    pub fn iter(self) -> impl Iterator<Item = f32> + Clone + 'a {
        self.numbers.iter().skip(self.first).step_by(self.step).copied()
    }
    /// Returns the probabilities of the classes, which for logits are their softmax.
    pub fn to_probabilities(self) -> impl Iterator<Item = f64> + Clone + 'a {
        let most = f64::from(self.iter().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = if self.probabilities { 1.0 } else { self.iter().map(|x| (f64::from(x) - most).exp()).sum() };
        self.iter().map(move |x| if self.probabilities { x.into() } else { (f64::from(x) - most).exp() / sum })
    }
    /// Returns a number that orders samples as the probability of the second of two classes does; for logits it does not saturate.
    pub(super) fn second_of_two(self) -> f64 {
        let mut scores = self.iter().map(f64::from);
        let (first, second) = (scores.next().unwrap_or(f64::NAN), scores.next().unwrap_or(f64::NAN));
        if self.probabilities { second } else { second - first }
    }
    /// Returns the class with the largest score: the first one among equal scores, and `None` if a score is NaN.
    pub fn largest(self) -> Option<u32> {
        super::accuracy::largest(self.iter())
    }
}

/// A metric of classes, which counts one label at a time.
///
/// Such a metric is a [`Metric`] of outputs `[f32; C]` with a label `u32`, and of `[[f32; W]; C]` and deeper with one label for each
/// position, as those of [`Accuracy`](super::Accuracy). Three wrappers apply it to other outputs: [`Rows`], [`Binary`] and [`Ignore`].
pub trait ClassMetric: Send {
    /// Returns the name of its column in a history, such as `macro F1`.
    fn name(&self) -> String;
    /// Returns the name of its column for yes-or-no answers, where `class 1` goes without saying.
    fn name_of_binary(&self) -> String {
        self.name()
    }
    /// Checks the settings of the metric for a number of classes.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] with the setting, its value and its range.
    fn check(&self, classes: usize) -> Result<()> {
        let _ = classes;
        Ok(())
    }
    /// Adds one label with the scores of its position. A label or a score that does not fit makes the value NaN.
    fn add(&mut self, scores: Scores<'_>, label: u32);
    /// Returns the metric over everything that was added; NaN if there was nothing.
    fn value(&self, classes: usize) -> f64;
    /// Returns the numbers that are the whole state of the metric.
    fn sums(&mut self, classes: usize) -> &mut [f64];
    /// Forgets everything that was added: [`Metric::reset`].
    fn reset(&mut self, classes: usize) {
        self.sums(classes).fill(0.0);
    }
    /// Restores the state of [`ClassMetric::sums`]: [`Metric::restore`].
    fn restore(&mut self, classes: usize, sums: &[f64]) -> bool {
        let own = self.sums(classes);
        own.len() == sums.len() && {
            own.copy_from_slice(sums);
            true
        }
    }
    /// Returns whether labels of this class do not count.
    fn ignores(&self, label: u32) -> bool {
        let _ = label;
        false
    }
    /// Returns the confusion matrix, if the metric is one.
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        None
    }
}

/// Checks the settings of a metric, and that its labels are classes.
fn check<X: ClassMetric, T: Pod<Element = u32>>(metric: &X, classes: usize, targets: &[T]) -> Result<()> {
    metric.check(classes)?;
    let wrong = |target: &T| {
        let labels = flat(std::slice::from_ref(target)).iter().filter(|label| !metric.ignores(**label));
        labels.copied().find(|label| *label as usize >= classes)
    };
    match targets.iter().enumerate().find_map(|(sample, target)| Some((sample, wrong(target)?))) {
        Some((sample, label)) => Err(Error::LabelOutOfRange { sample, label, classes }),
        None => Ok(()),
    }
}

impl<X: ClassMetric, T: Labels, const C: usize> Metric<[T; C], T::Of> for X {
    fn name(&self) -> String {
        ClassMetric::name(self)
    }
    fn check(&self, targets: &[T::Of]) -> Result<()> {
        check(self, C, targets)
    }
    fn add(&mut self, output: &[T; C], target: &T::Of) {
        let scores = Scores { step: T::LEN, ..Scores::logits(flat(output)) };
        for (first, label) in flat(std::slice::from_ref(target)).iter().enumerate() {
            ClassMetric::add(self, Scores { first, ..scores }, *label);
        }
    }
    fn value(&self) -> f64 {
        ClassMetric::value(self, C)
    }
    fn sums(&mut self) -> &mut [f64] {
        ClassMetric::sums(self, C)
    }
    fn reset(&mut self) {
        ClassMetric::reset(self, C);
    }
    fn restore(&mut self, sums: &[f64]) -> bool {
        ClassMetric::restore(self, C, sums)
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        ClassMetric::confusion(self)
    }
}

/// A [`ClassMetric`] of rows with the classes in the last dimension: `[[f32; C]; T]` and deeper, with one label for each row.
///
/// Outputs of sequences (`[.., C]`) do not need it, since metrics get their rows one by one.
#[derive(Clone, Debug, Default)]
pub struct Rows<X>(pub X);

impl<Y: ClassRows, X: ClassMetric> Metric<Y, Y::Of> for Rows<X> {
    fn name(&self) -> String {
        self.0.name()
    }
    fn check(&self, targets: &[Y::Of]) -> Result<()> {
        check(&self.0, Y::CLASSES, targets)
    }
    fn add(&mut self, output: &Y, target: &Y::Of) {
        let rows = flat(std::slice::from_ref(output)).chunks_exact(Y::CLASSES.max(1));
        rows.zip(flat(std::slice::from_ref(target))).for_each(|(row, label)| self.0.add(Scores::logits(row), *label));
    }
    fn value(&self) -> f64 {
        self.0.value(Y::CLASSES)
    }
    fn sums(&mut self) -> &mut [f64] {
        self.0.sums(Y::CLASSES)
    }
    fn reset(&mut self) {
        self.0.reset(Y::CLASSES);
    }
    fn restore(&mut self, sums: &[f64]) -> bool {
        self.0.restore(Y::CLASSES, sums)
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        self.0.confusion()
    }
}

/// A [`ClassMetric`] of yes-or-no answers with a number each: class 0 is no and class 1 is yes. A target above 0.5 means yes.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::{Binary, F1, Metric};
/// let mut f1 = Binary::of_logits(F1::of_class(1));
/// for (logit, target) in [(2.0, 1.0), (-1.0, 1.0), (0.5, 1.0), (3.0, 0.0)] {
///     f1.add(&[logit], &[target]);
/// }
/// assert_eq!(Metric::<[f32; 1], _>::value(&f1), 2.0 / 3.0);
/// ```
#[derive(Clone, Debug)]
pub struct Binary<X> {
    metric: X,
    probabilities: bool,
}

impl<X> Binary<X> {
    /// Applies the metric to logits: one above 0 means yes.
    pub const fn of_logits(metric: X) -> Self {
        Binary { metric, probabilities: false }
    }
    /// Applies the metric to probabilities of yes: one above 0.5 means yes.
    pub const fn of_probabilities(metric: X) -> Self {
        Binary { metric, probabilities: true }
    }
}

impl<Y: Pod<Element = f32>, X: ClassMetric> Metric<Y, Y> for Binary<X> {
    fn name(&self) -> String {
        self.metric.name_of_binary()
    }
    fn check(&self, _: &[Y]) -> Result<()> {
        self.metric.check(2)
    }
    fn add(&mut self, output: &Y, target: &Y) {
        let pairs = flat(std::slice::from_ref(output)).iter().zip(flat(std::slice::from_ref(target)));
        for (&answer, target) in pairs {
            let label = u32::from(*target > 0.5);
            match self.probabilities {
                true => self.metric.add(Scores::probabilities(&[1.0 - answer, answer]), label),
                false => self.metric.add(Scores::logits(&[0.0, answer]), label),
            }
        }
    }
    fn value(&self) -> f64 {
        self.metric.value(2)
    }
    fn sums(&mut self) -> &mut [f64] {
        self.metric.sums(2)
    }
    fn reset(&mut self) {
        self.metric.reset(2);
    }
    fn restore(&mut self, sums: &[f64]) -> bool {
        self.metric.restore(2, sums)
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        self.metric.confusion()
    }
}

/// A [`ClassMetric`] that leaves out labels of one class, such as void pixels or padding:
/// `Ignore { class: 255, metric: F1::new(Average::Macro) }`.
#[derive(Clone, Debug)]
pub struct Ignore<X> {
    /// The class whose labels do not count; it may be one that the output does not have.
    pub class: u32,
    /// The metric of the other labels.
    pub metric: X,
}

impl<X: ClassMetric> ClassMetric for Ignore<X> {
    fn name(&self) -> String {
        self.metric.name()
    }
    fn name_of_binary(&self) -> String {
        self.metric.name_of_binary()
    }
    fn check(&self, classes: usize) -> Result<()> {
        self.metric.check(classes)
    }
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        if label != self.class {
            self.metric.add(scores, label);
        }
    }
    fn value(&self, classes: usize) -> f64 {
        self.metric.value(classes)
    }
    fn sums(&mut self, classes: usize) -> &mut [f64] {
        self.metric.sums(classes)
    }
    fn reset(&mut self, classes: usize) {
        self.metric.reset(classes);
    }
    fn restore(&mut self, classes: usize, sums: &[f64]) -> bool {
        self.metric.restore(classes, sums)
    }
    fn ignores(&self, label: u32) -> bool {
        label == self.class || self.metric.ignores(label)
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        self.metric.confusion()
    }
}
