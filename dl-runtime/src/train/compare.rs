//! The learning curves of several trainings in one picture.

use super::History;
use super::history::{Epoch, Scores};
use crate::plot::{Chart, side_by_side};
use crate::{Result, io};
use std::path::Path;

impl History {
    /// Draws the loss and all metrics of several trainings, each with its name, and writes them as an SVG file, atomically. The curves
    /// of a training have one colour; if it has a validation set, the curve of its training set is dashed.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # let (small, large) = (dl::train::History::default(), dl::train::History::default());
    /// # let path = std::env::temp_dir().join(format!("runs{}.svg", std::process::id()));
    /// use dl::train::History;
    /// History::plot_runs_svg(&path, &[("rate 0.001", &small), ("rate 0.01", &large)])?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Io`](crate::Error::Io).
    pub fn plot_runs_svg(path: impl AsRef<Path>, runs: &[(&str, &History)]) -> Result<()> {
        let chart = |name: &str, number: &dyn Fn(&History, &Scores) -> Option<f64>| {
            let mut chart = Chart::new(name).axes("epoch", name);
            for (run, history) in runs {
                let points = |scores: fn(&Epoch) -> Option<&Scores>| {
                    let point = |e: &Epoch| Some((e.epoch as f64, number(history, scores(e)?)?));
                    history.epochs.iter().filter_map(point).collect::<Vec<_>>()
                };
                let (train, validation) = (points(|e| Some(&e.train)), points(|e| e.validation.as_ref()));
                chart = match validation.is_empty() {
                    true if train.is_empty() => chart,
                    true => chart.line(*run, train),
                    false => chart.line(*run, validation).dashed(train),
                };
            }
            chart
        };
        let mut charts = vec![chart("loss", &|_, scores| Some(scores.loss)).logarithmic()];
        let mut names: Vec<&String> = Vec::new();
        for name in runs.iter().flat_map(|(_, history)| &history.metrics) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            // Each training may have other metrics, in another order.
            charts.push(chart(name, &|history, scores| {
                let at = history.metrics.iter().position(|metric| metric == name)?;
                scores.metrics.get(at).copied()
            }));
        }
        io::write_atomic(path, |to| to.write_all(side_by_side(&charts).as_bytes()))
    }
}
