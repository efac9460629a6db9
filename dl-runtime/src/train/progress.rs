//! Shows the progress of a training on standard error: a bar if that is a terminal, and one line for each epoch.

use super::bar::Bar;
use super::history::{Ended, Epoch, History, Line};
use super::{Change, Warning};

/// The display of the progress of a training.
pub(super) struct Progress {
    quiet: bool,
    epochs: usize,
    bar: Bar,
}

impl Progress {
    pub fn new(quiet: bool, epochs: usize) -> Self {
        Progress { quiet, epochs, bar: Bar::new(quiet) }
    }
    /// Starts the display of an epoch (counted from 0) with `batches` batches, of which `done` are already finished.
    pub fn begin(&mut self, epoch: usize, batches: usize, done: usize) {
        self.bar.begin(epoch, self.epochs, batches, done);
    }
    /// Shows that a batch of `samples` is finished. `loss` is the mean over this epoch so far.
    pub fn step(&mut self, loss: f64, samples: usize) {
        self.bar.step(loss, samples);
    }
    /// Shows that validation has begun.
    pub fn validate(&self) {
        self.bar.message("validation");
    }
    /// Prints the line of an epoch.
    pub fn end(&self, row: &Epoch, metrics: &[String]) {
        if self.quiet {
            return;
        }
        self.pause();
        eprintln!("{}", Line { epoch: row, epochs: self.epochs, metrics });
    }
    /// Prints warnings about gradients.
    pub fn warn(&self, warnings: &[Warning]) {
        if !self.quiet && !warnings.is_empty() {
            self.pause();
            warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        }
    }
    /// Prints the settings with which a training is resumed that are others now.
    pub fn changes(&self, changes: &[Change]) {
        if !self.quiet && !changes.is_empty() {
            eprintln!("resumed with other settings:");
            changes.iter().for_each(|change| eprintln!("  {change}"));
        }
    }
    /// Prints how the training ended, unless the lines of its epochs already show it.
    pub fn finish(&self, history: &History) {
        self.pause();
        if !self.quiet && (history.ended != Ended::Finished || history.best.is_some()) {
            eprintln!("{}", history.ending());
        }
    }
    /// Removes the bar from the terminal.
    pub fn pause(&self) {
        self.bar.clear();
    }
}
