//! The history of a training: one row of numbers per epoch, as CSV and as a chart.

use crate::metrics::ConfusionMatrix;
use crate::plot::{Chart, side_by_side};
use crate::{Result, io};
use std::fmt::{self, Write as _};
use std::path::Path;

/// The loss and the metrics over one pass through a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The mean loss of all samples. In training, every sample was seen by the network as it was then.
    pub loss: f64,
    /// In the order of [`History::metrics`].
    pub metrics: Vec<f64>,
}

/// One epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Steps since the beginning of the training.
    pub steps: u64,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// Time of training and validation, in seconds.
    pub seconds: f64,
    /// Training samples per second, without validation.
    pub samples_per_second: f64,
    /// Over the training set.
    pub train: Scores,
    /// Over the validation set.
    pub validation: Option<Scores>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// After all epochs.
    #[default]
    Finished,
    /// The validation no longer became better.
    Early,
    /// A callback said so.
    Callback,
    /// The flag of [`Trainer::interrupt`](super::Trainer::interrupt) was set.
    Interrupted,
}

/// What happened in a training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Names of the metrics.
    pub metrics: Vec<String>,
    /// One row for each epoch that was finished.
    pub epochs: Vec<Epoch>,
    /// The epoch (from 1) whose weights the network has, where early stopping chose them.
    pub best: Option<usize>,
    /// Why the training ended.
    pub ended: Ended,
    /// The last confusion matrix, of the validation where there is one, when the metric was asked for.
    pub confusion: Option<ConfusionMatrix>,
}

impl History {
    /// The last epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }
    /// Writes a table with one line per epoch, atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_atomic(path, |to| to.write_all(self.csv().as_bytes()))
    }
    /// Draws the loss and every metric over the epochs as an SVG file, atomically.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn plot_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        io::write_atomic(path, |to| to.write_all(self.svg().as_bytes()))
    }
    /// The table as text. Every number reads back as the same number.
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
    /// Reads the rows of [`History::csv`]; `None` where it is no such table.
    pub(super) fn read_csv(csv: &str, metrics: usize) -> Option<Vec<Epoch>> {
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            let [epoch, steps, learning_rate, seconds, samples_per_second, rest @ ..] = &cells[..] else { return None };
            let (train, validation) = rest.split_at_checked(1 + metrics)?;
            let scores = |cells: &[&str]| {
                let numbers = cells.iter().map(|c| c.parse().ok()).collect::<Option<Vec<f64>>>()?;
                let (loss, metrics) = numbers.split_first()?;
                Some(Scores { loss: *loss, metrics: metrics.to_vec() })
            };
            Some(Epoch {
                epoch: epoch.parse().ok()?,
                steps: steps.parse().ok()?,
                learning_rate: learning_rate.parse().ok()?,
                seconds: seconds.parse().ok()?,
                samples_per_second: samples_per_second.parse().ok()?,
                train: scores(train)?,
                validation: scores(validation),
            })
        };
        csv.lines().skip(1).map(row).collect()
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
        let mut charts = vec![chart("loss", &|s| s.loss).logarithmic()];
        for (i, name) in self.metrics.iter().enumerate() {
            charts.push(chart(name, &|s| s.metrics[i]));
        }
        side_by_side(&charts)
    }
}

/// One line for people: `epoch  3/20  loss 0.1234  accuracy 0.970 | validation loss 0.2345  accuracy 0.951 | …`.
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
        write!(f, " | {} samples/s  {:.1} s", Thousands(e.samples_per_second), e.seconds)
    }
}

/// A number with thousands apart: 12,345.
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
