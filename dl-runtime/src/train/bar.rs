//! The bar of an epoch in a terminal.

use super::history::Thousands;
use crate::clock::{Instant, per_second};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// A bar on standard error, if that is a terminal.
pub struct Bar {
    bar: Option<ProgressBar>,
    /// The time when the text of the bar was last changed.
    shown: Instant,
    /// The time when the epoch began, or was resumed.
    began: Instant,
    /// The number of samples since that time.
    samples: usize,
}

/// The minimum time between two changes of the bar's text.
const PAUSE: Duration = Duration::from_millis(100);

impl Bar {
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(ProgressBar::no_length);
        let now = Instant::now();
        Bar { bar, shown: now, began: now, samples: 0 }
    }
    /// Starts an epoch (counted from 0) of `epochs`, with `done` of its `batches` already finished.
    pub fn begin(&mut self, epoch: usize, epochs: usize, batches: usize, done: usize) {
        (self.began, self.samples) = (Instant::now(), 0);
        let Some(bar) = &self.bar else { return };
        bar.set_length(batches as u64);
        bar.reset();
        bar.set_position(done as u64);
        let template = "{prefix} {bar:24} {pos}/{len}  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_message("");
        let width = epochs.to_string().len();
        bar.set_prefix(format!("epoch {:>width$}/{epochs}", epoch + 1));
    }
    /// Shows that a batch of `samples` is finished.
    pub fn step(&mut self, loss: f64, samples: usize) {
        self.samples += samples;
        let Some(bar) = &self.bar else { return };
        bar.inc(1);
        if self.shown.elapsed() >= PAUSE {
            self.shown = Instant::now();
            let speed = per_second(self.samples, self.began.elapsed().as_secs_f64());
            bar.set_message(format!("loss {:.4}  {} samples/s", loss, Thousands(speed)));
        }
    }
    /// Shows what is being done.
    pub fn message(&self, text: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }
    /// Removes the bar from the terminal.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
