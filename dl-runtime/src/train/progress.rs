//! Shows the progress of a training on standard error: a bar if that is a terminal, and one line for each epoch.

use super::history::{Ended, Epoch, History, Line, Thousands};
use super::{Change, Warning};
use std::time::{Duration, Instant};

/// The display of the progress of a training.
pub(super) struct Progress {
    quiet: bool,
    epochs: usize,
    #[cfg(feature = "progress")]
    bar: Option<indicatif::ProgressBar>,
    /// The time when the text of the bar was last changed.
    shown: Instant,
    /// The time when the epoch began, or was resumed.
    began: Instant,
    /// The number of samples since that time.
    samples: usize,
}

/// The minimum time between two changes of the bar's text.
const PAUSE: Duration = Duration::from_millis(100);

impl Progress {
    pub fn new(quiet: bool, epochs: usize) -> Self {
        let now = Instant::now();
        #[cfg(feature = "progress")]
        let bar = {
            use std::io::IsTerminal;
            (!quiet && std::io::stderr().is_terminal()).then(indicatif::ProgressBar::no_length)
        };
        Progress {
            quiet,
            epochs,
            #[cfg(feature = "progress")]
            bar,
            shown: now,
            began: now,
            samples: 0,
        }
    }
    /// Starts the display of an epoch (counted from 0) with `batches` batches, of which `done` are already finished.
    pub fn begin(&mut self, epoch: usize, batches: usize, done: usize) {
        (self.began, self.samples) = (Instant::now(), 0);
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.set_length(batches as u64);
            bar.reset();
            bar.set_position(done as u64);
            let template = "{prefix} {bar:24} {pos}/{len}  {msg}  {eta} left";
            if let Ok(style) = indicatif::ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_message("");
            let width = self.epochs.to_string().len();
            bar.set_prefix(format!("epoch {:>width$}/{}", epoch + 1, self.epochs));
        }
        #[cfg(not(feature = "progress"))]
        let _ = (epoch, batches, done);
    }
    /// Shows that a batch of `samples` is finished. `loss` is the mean over this epoch so far.
    pub fn step(&mut self, loss: f64, samples: usize) {
        self.samples += samples;
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.inc(1);
            if self.shown.elapsed() >= PAUSE {
                self.shown = Instant::now();
                let speed = self.samples as f64 / self.began.elapsed().as_secs_f64();
                bar.set_message(format!("loss {:.4}  {} samples/s", loss, Thousands(speed)));
            }
        }
        #[cfg(not(feature = "progress"))]
        let _ = (loss, PAUSE, Thousands(0.0), self.shown, self.began);
    }
    /// Shows that validation has begun.
    pub fn validate(&self) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.set_message("validation");
        }
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
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
