//! The confusion matrix counts how often each class is predicted for each true class.

use super::{ClassMetric, Metric, Scores};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of samples of each true class (a row) that were predicted as each class (a column).
///
/// As a metric of a training, its value is the balanced accuracy: the mean [`recall`](ConfusionMatrix::recall) of the classes.
/// `ConfusionMatrix::default()` takes the number of classes from the first output that it counts.
///
/// [`Metric::add`] cannot return an error: a label or an output that does not fit makes every number NaN. [`Metric::check`] reports such
/// labels before.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::ConfusionMatrix;
/// let outputs = [[2.0, 1.0], [0.0, 1.0], [3.0, 5.0]];
/// let matrix = ConfusionMatrix::of(&outputs, &[0, 1, 0])?;
/// assert_eq!(matrix.count(0, 1), 1);
/// assert_eq!(matrix.recall(0), 0.5);
/// println!("{matrix}");
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<f64>>", into = "Vec<Vec<f64>>")]
pub struct ConfusionMatrix {
    /// The number of classes; `None` if the first output determines it.
    classes: Option<usize>,
    /// The counts, row by row. The list is empty until something is counted, so that a large number of classes does not allocate memory.
    counts: Vec<f64>,
}

impl From<ConfusionMatrix> for Vec<Vec<f64>> {
    fn from(matrix: ConfusionMatrix) -> Self {
        matrix.counts.chunks(matrix.classes().max(1)).map(<[f64]>::to_vec).collect()
    }
}

impl TryFrom<Vec<Vec<f64>>> for ConfusionMatrix {
    type Error = &'static str;

    fn try_from(rows: Vec<Vec<f64>>) -> Result<Self, Self::Error> {
        let classes = rows.len();
        if rows.iter().any(|row| row.len() != classes) {
            return Err("a confusion matrix has as many columns as rows");
        }
        Ok(ConfusionMatrix { classes: (classes > 0).then_some(classes), counts: rows.concat() })
    }
}

impl ConfusionMatrix {
    /// Creates a matrix of zeros for outputs with this number of classes.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes: Some(classes), counts: Vec::new() }
    }
    /// Compares the classes with the largest outputs with the labels, and counts the pairs.
    ///
    /// # Errors
    /// Returns [`Error::LabelOutOfRange`] with the sample, and [`Error::UnequalLengths`] unless there is one label for each output.
    pub fn of<const C: usize>(outputs: &[[f32; C]], labels: &[u32]) -> Result<Self> {
        if outputs.len() != labels.len() {
            return Err(Error::UnequalLengths { inputs: outputs.len(), targets: labels.len() });
        }
        let mut matrix = Self::new(C);
        Metric::<[f32; C], u32>::check(&matrix, labels)?;
        matrix.make_room(C);
        outputs.iter().zip(labels).for_each(|(output, label)| Metric::add(&mut matrix, output, label));
        Ok(matrix)
    }
    /// Makes room for outputs of `classes`, unless the matrix is for another number of classes.
    fn make_room(&mut self, classes: usize) {
        let own = *self.classes.get_or_insert(classes);
        if own == classes && self.counts.len() != classes * classes {
            self.counts = vec![0.0; classes * classes];
        }
    }
    /// Returns one count; 0 for a class that does not exist.
    fn at(&self, truth: usize, answer: usize) -> f64 {
        let classes = self.counted().len();
        if truth < classes && answer < classes { self.counts[truth * classes + answer] } else { 0.0 }
    }
    /// Returns the classes that have counts: all or none.
    fn counted(&self) -> std::ops::Range<usize> {
        let classes = self.classes();
        0..if self.counts.len() == classes.saturating_mul(classes) { classes } else { 0 }
    }
    /// The number of classes; 0 until the first output determines it.
    pub fn classes(&self) -> usize {
        self.classes.unwrap_or(0)
    }
    /// The number of samples of class `truth` that were predicted as class `answer`; 0 for a class that does not exist.
    pub fn count(&self, truth: usize, answer: usize) -> u64 {
        self.at(truth, answer) as u64
    }
    /// The fraction of the samples of a class that were predicted correctly; NaN if there are none.
    pub fn recall(&self, class: usize) -> f64 {
        self.at(class, class) / self.counted().map(|answer| self.at(class, answer)).sum::<f64>()
    }
    /// The fraction of the predictions of a class that were correct; NaN if there are none.
    pub fn precision(&self, class: usize) -> f64 {
        self.at(class, class) / self.counted().map(|truth| self.at(truth, class)).sum::<f64>()
    }
    /// The F1 score of a class: the harmonic mean of its precision and its recall.
    pub fn f1(&self, class: usize) -> f64 {
        let (p, r) = (self.precision(class), self.recall(class));
        2.0 * p * r / (p + r)
    }
    /// The fraction of all samples that were predicted correctly.
    pub fn accuracy(&self) -> f64 {
        let right: f64 = self.counted().map(|class| self.at(class, class)).sum();
        right / self.counts.iter().sum::<f64>()
    }
    /// The mean recall of the classes that have samples.
    pub fn balanced_accuracy(&self) -> f64 {
        let recalls: Vec<f64> = self.counted().map(|c| self.recall(c)).filter(|r| !r.is_nan()).collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
}

impl ClassMetric for ConfusionMatrix {
    fn name(&self) -> String {
        "balanced accuracy".into()
    }
    fn add(&mut self, scores: Scores<'_>, label: u32) {
        let classes = scores.classes();
        self.make_room(classes);
        let answer = scores.largest().filter(|_| self.classes() == classes && (label as usize) < classes);
        match answer.and_then(|answer| self.counts.get_mut(label as usize * classes + answer as usize)) {
            Some(count) => *count += 1.0,
            // An output that does not fit is recorded as one NaN.
            None => {
                self.counts.resize(self.counts.len().max(1), f64::NAN);
                self.counts.fill(f64::NAN);
            }
        }
    }
    fn value(&self, _: usize) -> f64 {
        self.balanced_accuracy()
    }
    fn check(&self, classes: usize) -> Result<()> {
        match self.classes.filter(|own| *own != classes) {
            Some(own) => Err(Error::Setting {
                setting: "classes",
                of: "ConfusionMatrix",
                expected: format!("{classes}, the number of classes in the output of the model"),
                found: own.to_string(),
            }),
            None => Ok(()),
        }
    }
    fn sums(&mut self, classes: usize) -> &mut [f64] {
        self.make_room(classes);
        &mut self.counts
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        Some(self)
    }
}

impl ConfusionMatrix {
    /// Returns the names of the classes: the given ones, or their numbers if none are given.
    pub(crate) fn names(&self, given: &[&str]) -> Result<Vec<String>> {
        match given.len() {
            0 => Ok((0..self.classes()).map(|class| class.to_string()).collect()),
            names if names == self.classes() => Ok(given.iter().map(|&name| name.into()).collect()),
            names => Err(Error::Setting {
                setting: "names",
                of: "ConfusionMatrix",
                expected: format!("{}, one for each class", self.classes()),
                found: format!("{names} names"),
            }),
        }
    }
    /// Returns the matrix as a table of text with the names of the classes, and the recall, precision and F1 of each class. `Display`
    /// writes the same table with numbers of classes.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] for another number of names than classes.
    pub fn table(&self, names: &[&str]) -> Result<String> {
        let mut table = String::new();
        // Writing to a `String` does not fail.
        _ = self.write(&self.names(names)?, &mut table);
        Ok(table)
    }
    fn write(&self, names: &[String], to: &mut dyn fmt::Write) -> fmt::Result {
        let largest = self.counts.iter().fold(0f64, |a, b| a.max(*b));
        let longest = |least: usize| names.iter().map(|name| name.chars().count()).fold(least, usize::max);
        let width = longest(format!("{largest:.0}").len().max(2)) + 1;
        let first = longest("is \\ said".len() - 1) + 1;
        write!(to, "{:<first$}", "is \\ said")?;
        names.iter().try_for_each(|name| write!(to, "{name:>width$}"))?;
        writeln!(to, "  recall  precision      F1")?;
        for class in self.counted() {
            write!(to, "{:>first$}", names[class])?;
            self.counted().try_for_each(|answer| write!(to, "{:>width$.0}", self.at(class, answer)))?;
            let [recall, precision, f1] =
                [self.recall(class), self.precision(class), self.f1(class)].map(|x| 100.0 * x);
            writeln!(to, "  {recall:>5.1}%     {precision:>5.1}%  {f1:>5.1}%")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = (0..self.classes()).map(|class| class.to_string()).collect();
        self.write(&names, f)
    }
}
