//! The confusion matrix counts which classes are taken for which.

use super::Metric;
use super::accuracy::largest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How often the samples of each class (a row) were taken for each class (a column).
///
/// As a metric of a training, its value is the balanced accuracy: the mean [`recall`](ConfusionMatrix::recall) of the classes.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::ConfusionMatrix;
/// let outputs = [[2.0, 1.0], [0.0, 1.0], [3.0, 5.0]];
/// let matrix = ConfusionMatrix::of(&outputs, &[0, 1, 0]);
/// assert_eq!(matrix.count(0, 1), 1);
/// assert_eq!(matrix.recall(0), 0.5);
/// println!("{matrix}");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<f64>>", into = "Vec<Vec<f64>>")]
pub struct ConfusionMatrix {
    classes: usize,
    /// Row by row.
    counts: Vec<f64>,
}

impl From<ConfusionMatrix> for Vec<Vec<f64>> {
    fn from(matrix: ConfusionMatrix) -> Self {
        (0..matrix.classes).map(|class| matrix.row(class).to_vec()).collect()
    }
}

impl TryFrom<Vec<Vec<f64>>> for ConfusionMatrix {
    type Error = &'static str;

    fn try_from(rows: Vec<Vec<f64>>) -> Result<Self, Self::Error> {
        let classes = rows.len();
        if rows.iter().any(|row| row.len() != classes) {
            return Err("a confusion matrix has as many columns as rows");
        }
        Ok(ConfusionMatrix { classes, counts: rows.concat() })
    }
}

impl ConfusionMatrix {
    /// A matrix of zeros.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes, counts: vec![0.0; classes * classes] }
    }
    /// Counts the classes with the largest outputs against the labels.
    pub fn of<const C: usize>(outputs: &[[f32; C]], labels: &[u32]) -> Self {
        let mut matrix = Self::new(C);
        outputs.iter().zip(labels).for_each(|(output, label)| Metric::add(&mut matrix, output, label));
        matrix
    }
    fn row(&self, class: usize) -> &[f64] {
        &self.counts[class * self.classes..(class + 1) * self.classes]
    }
    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
    /// How often samples of class `truth` were taken for class `answer`.
    pub fn count(&self, truth: usize, answer: usize) -> u64 {
        self.counts[truth * self.classes + answer] as u64
    }
    /// The share of the samples of a class that were recognised; NaN if there were none.
    pub fn recall(&self, class: usize) -> f64 {
        let row = self.row(class);
        row[class] / row.iter().sum::<f64>()
    }
    /// The share of the answers for a class that were right; NaN if there were none.
    pub fn precision(&self, class: usize) -> f64 {
        let column = self.counts[class..].iter().step_by(self.classes);
        self.counts[class * self.classes + class] / column.sum::<f64>()
    }
    /// The F1 score of a class: the harmonic mean of its precision and its recall.
    pub fn f1(&self, class: usize) -> f64 {
        let (p, r) = (self.precision(class), self.recall(class));
        2.0 * p * r / (p + r)
    }
    /// The share of all samples that were recognised.
    pub fn accuracy(&self) -> f64 {
        let right: f64 = (0..self.classes).map(|c| self.counts[c * self.classes + c]).sum();
        right / self.counts.iter().sum::<f64>()
    }
    /// The mean recall of the classes that have samples.
    pub fn balanced_accuracy(&self) -> f64 {
        let recalls: Vec<f64> = (0..self.classes).map(|c| self.recall(c)).filter(|r| !r.is_nan()).collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
}

impl<const C: usize> Metric<[f32; C], u32> for ConfusionMatrix {
    fn name(&self) -> String {
        "balanced accuracy".into()
    }
    fn add(&mut self, output: &[f32; C], target: &u32) {
        let at = *target as usize * self.classes + largest(output.iter().copied()) as usize;
        // A matrix made for another number of classes counts what fits.
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1.0;
        }
    }
    fn value(&self) -> f64 {
        self.balanced_accuracy()
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.counts
    }
    fn confusion(&self) -> Option<&ConfusionMatrix> {
        Some(self)
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().fold(self.classes as f64, |a, b| a.max(*b));
        let width = format!("{largest:.0}").len().max(2) + 1;
        write!(f, "{:>8}", "is \\ said")?;
        (0..self.classes).try_for_each(|c| write!(f, "{c:>width$}"))?;
        writeln!(f, "  recall")?;
        for (c, row) in self.counts.chunks(self.classes.max(1)).enumerate() {
            write!(f, "{c:>9}")?;
            row.iter().try_for_each(|count| write!(f, "{count:>width$.0}"))?;
            writeln!(f, "  {:>5.1}%", 100.0 * self.recall(c))?;
        }
        Ok(())
    }
}
