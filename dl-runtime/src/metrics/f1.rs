//! Precision, recall, F1 and IoU of classes, with their averages.

use super::{ClassMetric, Scores};
use crate::{Error, Result};

/// The average of the numbers of all classes; scikit-learn's parameter `average`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Average {
    /// The number of the counts of all classes together. If every sample has one label, it is the accuracy.
    Micro,
    /// The mean over the classes that occur among the labels or the answers.
    #[default]
    Macro,
    /// The mean over the classes, weighted by their numbers of labels.
    Weighted,
}

/// The classes that a number describes.
#[derive(Clone, Copy, Debug)]
enum Of {
    Average(Average),
    Class(u32),
}

impl Default for Of {
    fn default() -> Self {
        Of::Average(Average::default())
    }
}

/// The counts of one class: its correct answers, all its answers, and all its labels.
type Counts = [f64; 3];

/// Returns a share, and 0 for a share of nothing, as scikit-learn does by default.
fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

fn value(of: Of, counts: &[f64], number: fn(&Counts) -> f64) -> f64 {
    let (classes, _) = counts.as_chunks::<3>();
    let sum = classes.iter().fold([0.0; 3], |sum, counts| std::array::from_fn(|i| sum[i] + counts[i]));
    // Nothing was counted, or something that does not fit was recorded as NaN.
    if sum[2].is_nan() || sum[2] == 0.0 {
        return f64::NAN;
    }
    let mean = |weight: fn(&Counts) -> f64| {
        let (part, whole) = classes
            .iter()
            .fold((0.0, 0.0), |(part, whole), counts| (part + weight(counts) * number(counts), whole + weight(counts)));
        part / whole
    };
    match of {
        Of::Average(Average::Micro) => number(&sum),
        Of::Average(Average::Macro) => mean(|[_, answers, labels]| if answers + labels > 0.0 { 1.0 } else { 0.0 }),
        Of::Average(Average::Weighted) => mean(|[_, _, labels]| *labels),
        Of::Class(class) => classes.get(class as usize).map_or(f64::NAN, number),
    }
}

/// Defines a metric of the counts of classes.
macro_rules! of_counts {
    ($($(#[$about:meta])* $metric:ident, $name:literal, $macro_name:literal, $number:expr;)*) => {$(
        $(#[$about])*
        ///
        /// An output with NaN makes it NaN. A share of nothing is 0, as scikit-learn has it by default.
        #[derive(Clone, Debug, Default)]
        pub struct $metric {
            of: Of,
            counts: Vec<f64>,
        }

        impl $metric {
            /// Creates the metric as an average over all classes.
            pub const fn new(average: Average) -> Self {
                $metric { of: Of::Average(average), counts: Vec::new() }
            }
            /// Creates the metric of one class against all others.
            pub const fn of_class(class: u32) -> Self {
                $metric { of: Of::Class(class), counts: Vec::new() }
            }
        }

        impl ClassMetric for $metric {
            fn name(&self) -> String {
                match self.of {
                    Of::Average(Average::Micro) => concat!("micro ", $name).into(),
                    Of::Average(Average::Macro) => $macro_name.into(),
                    Of::Average(Average::Weighted) => concat!("weighted ", $name).into(),
                    Of::Class(class) => format!("{} of class {class}", $name),
                }
            }
            fn name_of_binary(&self) -> String {
                if matches!(self.of, Of::Class(1)) { $name.into() } else { self.name() }
            }
            fn check(&self, classes: usize) -> Result<()> {
                match self.of {
                    Of::Class(class) if class as usize >= classes => Err(Error::Setting {
                        setting: "class",
                        of: stringify!($metric),
                        expected: format!("less than {classes}, the number of classes"),
                        found: class.to_string(),
                    }),
                    _ => Ok(()),
                }
            }
            fn add(&mut self, scores: Scores<'_>, label: u32) {
                let answer = scores.largest();
                let (counts, _) = self.sums(scores.classes()).as_chunks_mut::<3>();
                match answer.filter(|_| (label as usize) < counts.len()) {
                    Some(answer) => {
                        counts[label as usize][0] += f64::from(answer == label);
                        counts[answer as usize][1] += 1.0;
                        counts[label as usize][2] += 1.0;
                    }
                    None => counts.as_flattened_mut().fill(f64::NAN),
                }
            }
            fn value(&self, _: usize) -> f64 {
                value(self.of, &self.counts, $number)
            }
            fn sums(&mut self, classes: usize) -> &mut [f64] {
                self.counts.resize(3 * classes, 0.0);
                &mut self.counts
            }
        }
    )*};
}

of_counts! {
    /// The precision: the share of the answers of a class that are correct.
    Precision, "precision", "macro precision", |[right, answers, _]| share(*right, *answers);

    /// The recall: the share of the labels of a class that were answered correctly. The recall of a class is also called its accuracy,
    /// and the macro recall the balanced accuracy.
    #[doc(alias = "per_class_accuracy")]
    #[doc(alias = "sensitivity")]
    Recall, "recall", "macro recall", |[right, _, labels]| share(*right, *labels);

    /// The F1 score: the harmonic mean of [`Precision`] and [`Recall`], `2·TP / (2·TP + FP + FN)`.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::train::{Average, F1, Metric};
    /// let mut f1 = F1::new(Average::Macro);
    /// f1.add(&[0.9, 0.1, 0.0], &0);
    /// f1.add(&[0.8, 0.1, 0.1], &1);
    /// // Class 0 has one correct answer of two, class 1 none; class 2 does not occur.
    /// assert_eq!(Metric::<[f32; 3], u32>::value(&f1), (2.0 / 3.0 + 0.0) / 2.0);
    /// ```
    ///
    /// Over the pixels of segmentations, it is the Dice score: [`Dice`](crate::loss::Dice) is its loss.
    #[doc(alias = "F-measure")]
    #[doc(alias = "DiceScore")]
    F1, "F1", "macro F1", |[right, answers, labels]| share(2.0 * right, answers + labels);

    /// The intersection over union, also called Jaccard index: `TP / (TP + FP + FN)`, which is 1 where the pixels of a class are all found
    /// and nothing else is; scikit-learn's `jaccard_score`.
    ///
    /// `Iou::new(Average::Macro)` is the mean IoU of segmentation, over the pixels of a whole epoch, and the classes that occur. Void pixels
    /// are left out with [`Ignore`](super::Ignore).
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::train::{Average, Ignore, Iou, Metric};
    /// let mut iou = Ignore { class: 255, metric: Iou::new(Average::Macro) };
    /// // Scores of two classes for four pixels, of which the last is void.
    /// iou.add(&[[0.9, 0.8, 0.2, 0.1], [0.1, 0.2, 0.8, 0.9]], &[0, 1, 1, 255]);
    /// assert_eq!(Metric::<[[f32; 4]; 2], _>::value(&iou), (1.0 / 2.0 + 1.0 / 2.0) / 2.0);
    /// ```
    #[doc(alias = "Jaccard")]
    #[doc(alias = "mIoU")]
    Iou, "IoU", "mean IoU", |[right, answers, labels]| share(*right, answers + labels - right);
}
