//! The history of a training: one row of numbers for each epoch, which can be written as JSON, as CSV and as a chart.

use super::{Change, Warning, float};
use crate::metrics::ConfusionMatrix;
use crate::plot::{Chart, side_by_side};
use crate::{Result, io};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::path::Path;

/// The loss and the metrics over one pass through a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// The mean loss of all samples. In training, each batch is measured before the step that follows it.
    #[serde(with = "float::one")]
    pub loss: f64,
    /// The values of the metrics, in the order of [`History::metrics`].
    #[serde(with = "float::many")]
    pub metrics: Vec<f64>,
}

/// The numbers of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The number of the epoch, counted from 1.
    pub epoch: usize,
    /// The number of steps since the beginning of the training.
    pub steps: u64,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// The time that training and validation took, in seconds.
    pub seconds: f64,
    /// The number of training samples per second, without the time of validation.
    #[serde(with = "float::one")]
    pub samples_per_second: f64,
    /// The part of the time in which steps waited for the samples of a source, in seconds: 0 for data sets in memory. If it is large, more
    /// [`loaders`](super::Trainer::loaders) may help.
    #[serde(default)]
    pub waiting: f64,
    /// The loss and the metrics of the training set.
    pub train: Scores,
    /// The loss and the metrics of the validation set, if there is one.
    pub validation: Option<Scores>,
}

/// The reason why a training ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All epochs were trained.
    #[default]
    Finished,
    /// The loss stopped improving: see [`Trainer::early_stopping`](super::Trainer::early_stopping).
    EarlyStopping {
        /// The epoch (from 1) with the smallest loss, whose weights the network has.
        best_epoch: usize,
        /// The number of epochs after it without an improvement.
        patience: usize,
    },
    /// A callback returned [`Flow::Stop`](super::Flow::Stop).
    Callback,
    /// The flag of [`Trainer::interrupt`](super::Trainer::interrupt) was set.
    Interrupted,
    /// An error ended the training: the history belongs to a [`TrainError`](super::TrainError).
    Failed,
}

/// The history of a training: the loss and the metrics of each epoch.
///
/// A history can be written in any format of `serde`. JSON has NaN and infinities as the texts `NaN`, `inf` and `-inf`.
///
/// ```
/// # use dl_runtime as dl;
/// # let history = dl::train::History { metrics: vec!["accuracy".into()], ..Default::default() };
/// use dl::train::History;
/// let json = serde_json::to_string(&history).expect("a history fits into JSON");
/// let again: History = serde_json::from_str(&json).expect("written above");
/// assert_eq!(again, history);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The names of the metrics.
    pub metrics: Vec<String>,
    /// The finished epochs, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch (from 1) whose weights the network has; `None` without early stopping.
    pub best: Option<usize>,
    /// The reason why the training ended.
    pub ended: Ended,
    /// The confusion matrix of the last epoch, if [`ConfusionMatrix`] is among the metrics. It belongs to the validation set if there is
    /// one.
    pub confusion: Option<ConfusionMatrix>,
    /// The warnings of [`Trainer::watch`](super::Trainer::watch), each cause once for each layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The settings with which the training was resumed that differ from those of its checkpoint, in the order of the steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl History {
    /// Returns the last finished epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }
    /// Describes in one line why the training ended, and which epoch's weights the network has. The trainer prints this line, unless all
    /// epochs were trained without early stopping.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::train::{Ended, History};
    /// let history = History { ended: Ended::Callback, ..Default::default() };
    /// assert_eq!(history.ending(), "a callback stopped the training after 0 epochs");
    /// ```
    pub fn ending(&self) -> String {
        let epochs = match self.epochs.len() {
            1 => "1 epoch".to_string(),
            n => format!("{n} epochs"),
        };
        let kind = |epoch: &Epoch| if epoch.validation.is_some() { "validation loss" } else { "loss" };
        let mut line = match self.ended {
            Ended::Finished => format!("trained for {epochs}"),
            Ended::EarlyStopping { patience, .. } => {
                let kind = self.last().map_or("loss", kind);
                format!("early stopping after {epochs}: the {kind} has not become smaller for {patience}")
            }
            Ended::Callback => format!("a callback stopped the training after {epochs}"),
            Ended::Interrupted => format!("the training was interrupted after {epochs}"),
            Ended::Failed => format!("an error ended the training after {epochs}"),
        };
        if let Some(best) = self.best {
            _ = write!(line, "; the network has the weights of epoch {best}");
            if let Some(epoch) = self.epochs.iter().find(|epoch| epoch.epoch == best) {
                let loss = epoch.validation.as_ref().unwrap_or(&epoch.train).loss;
                _ = write!(line, " ({} {loss:.4})", kind(epoch));
            }
        }
        line
    }
    /// Writes [`History::csv`] to a file, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`](crate::Error::Io).
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_atomic(path, |to| to.write_all(self.csv().as_bytes()))
    }
    /// Draws the loss and every metric over the epochs, and writes them as an SVG file, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`](crate::Error::Io).
    pub fn plot_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_atomic(path, |to| to.write_all(self.svg().as_bytes()))
    }
    /// Returns the history as a CSV table: a header and one line for each epoch. Every number parses back to the same number.
    pub fn csv(&self) -> String {
        let mut csv = String::from("epoch,steps,learning_rate,seconds,samples_per_second,loss");
        let names = || self.metrics.iter().map(|name| name.replace([',', '"', '\n'], " "));
        names().for_each(|name| _ = write!(csv, ",{name}"));
        csv.push_str(",validation loss");
        names().for_each(|name| _ = write!(csv, ",validation {name}"));
        for e in &self.epochs {
            _ = write!(csv, "\n{},{},{},{},{}", e.epoch, e.steps, e.learning_rate, e.seconds, e.samples_per_second);
            let nothing = || vec![String::new(); 1 + self.metrics.len()];
            let numbers = |s: &Scores| -> Vec<String> {
                std::iter::once(s.loss).chain(s.metrics.clone()).map(|x| x.to_string()).collect()
            };
            for number in numbers(&e.train).into_iter().chain(e.validation.as_ref().map_or_else(nothing, numbers)) {
                _ = write!(csv, ",{number}");
            }
        }
        csv + "\n"
    }
    fn svg(&self) -> String {
        let chart = |name: &str, number: &dyn Fn(&Scores) -> f64| {
            let points = |scores: &dyn Fn(&Epoch) -> Option<f64>| -> Vec<(f64, f64)> {
                self.epochs.iter().filter_map(|e| Some((e.epoch as f64, scores(e)?))).collect()
            };
            let chart = Chart::new(name).axes("epoch", name).line("training", points(&|e| Some(number(&e.train))));
            let validation = points(&|e| e.validation.as_ref().map(number));
            if validation.is_empty() { chart } else { chart.line("validation", validation) }
        };
        let mut loss = chart("loss", &|s| s.loss).logarithmic();
        if let Some(best) = self.best {
            loss = loss.mark(format!("best: epoch {best}"), best as f64);
        }
        let mut charts = vec![loss];
        for (i, name) in self.metrics.iter().enumerate() {
            charts.push(chart(name, &|s| s.metrics.get(i).copied().unwrap_or(f64::NAN)));
        }
        side_by_side(&charts)
    }
}

/// Formats the line that is printed for an epoch:
/// `epoch  3/20  loss 0.1234  accuracy 0.970 | validation loss 0.2345  accuracy 0.951 | …`.
pub(super) struct Line<'a> {
    pub epoch: &'a Epoch,
    pub epochs: usize,
    pub metrics: &'a [String],
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (e, width) = (self.epoch, self.epochs.to_string().len());
        let metrics = |f: &mut fmt::Formatter<'_>, scores: &Scores| {
            self.metrics.iter().zip(&scores.metrics).try_for_each(|(name, x)| write!(f, "  {name} {x:.4}"))
        };
        write!(f, "epoch {:>width$}/{}  loss {:.4}", e.epoch, self.epochs, e.train.loss)?;
        metrics(f, &e.train)?;
        if let Some(validation) = &e.validation {
            write!(f, " | validation loss {:.4}", validation.loss)?;
            metrics(f, validation)?;
        }
        write!(f, " | {} samples/s  {:.1} s", Thousands(e.samples_per_second), e.seconds)?;
        // A few percent are no reason to change anything.
        if e.waiting > 0.05 * e.seconds { write!(f, ", {:.1} s of it waiting for samples", e.waiting) } else { Ok(()) }
    }
}

/// Formats a number with separated thousands: 12,345.
pub(super) struct Thousands(pub f64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:.0}", self.0);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}
