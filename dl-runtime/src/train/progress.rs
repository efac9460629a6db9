//! What people see while a training runs: a bar where there is a terminal, and one line per epoch, on standard error.

use super::history::{Epoch, Line, Thousands};
use std::time::{Duration, Instant};

/// Shows a training.
pub(super) struct Progress {
    quiet: bool,
    epochs: usize,
    #[cfg(feature = "progress")]
    bar: Option<indicatif::ProgressBar>,
    /// When the bar's words were last changed, the samples since the epoch began, and when that was.
    shown: Instant,
    began: Instant,
    samples: usize,
}

/// The time between two changes of the bar's words.
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
    /// An epoch (from 0) of so many batches, some of which may be done.
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
    /// One batch of `new` samples is done; `loss` is the sum over the `samples` of this epoch.
    pub fn step(&mut self, loss: f64, samples: usize, new: usize) {
        self.samples += new;
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.inc(1);
            if self.shown.elapsed() >= PAUSE {
                self.shown = Instant::now();
                let rate = self.samples as f64 / self.began.elapsed().as_secs_f64();
                bar.set_message(format!("loss {:.4}  {} samples/s", loss / samples as f64, Thousands(rate)));
            }
        }
        #[cfg(not(feature = "progress"))]
        let _ = (loss, samples, PAUSE, Thousands(0.0), self.shown, self.began);
    }
    /// The epoch's samples are done, validation begins.
    pub fn validate(&self) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.set_message("validation");
        }
    }
    /// The epoch is over.
    pub fn end(&self, row: &Epoch, metrics: &[String]) {
        if self.quiet {
            return;
        }
        self.pause();
        eprintln!("{}", Line { epoch: row, epochs: self.epochs, metrics });
    }
    /// Takes the bar away.
    pub fn pause(&self) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
