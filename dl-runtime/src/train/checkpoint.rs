//! The trainer's part of a checkpoint: the settings and the progress of the training, and how it is resumed.

use super::float::Float;
use super::history::{History, Scores};
use super::monitor::Seen;
use super::record::Settings;
use super::run::{Run, seed_of_passes};
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::optim::schedule::PlateauState;
use crate::session::Criterion;
use crate::session::checkpoint::{Carry, Snapshot, malformed, same, write_checkpoint};
use crate::tensor::Pack;
use crate::{Passes, Result};
use serde::{Deserialize, Serialize};
use std::mem::discriminant;
use std::path::Path;

/// The progress of a training.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The number of finished epochs.
    pub epoch: usize,
    /// The number of finished batches in the current epoch.
    pub batch: usize,
    /// The sum of the losses of the current epoch's samples, or of their rows if every row has a loss.
    pub loss: f64,
    /// The number of losses in the sum.
    #[serde(default)]
    pub losses: u64,
    /// The seconds spent on the current epoch.
    pub seconds: f64,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    pub history: History,
    pub best: Option<Best>,
    /// The memory of [`Trainer::plateau`](super::Trainer::plateau); missing in files of earlier versions.
    #[serde(default)]
    pub plateau: PlateauState,
    /// The number of epochs in earlier trainings by the same trainer.
    pub earlier_epochs: u64,
}

/// The best epoch so far.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Best {
    /// The number of the epoch, counted from 1.
    pub epoch: usize,
    pub loss: f64,
}

/// Everything that the trainer adds to a checkpoint; `S` is [`State`], owned or borrowed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<S> {
    settings: Settings,
    state: S,
    /// The sums of each metric over the current epoch.
    metric_sums: Vec<Vec<Float>>,
    /// The memory of [`Trainer::watch`](super::Trainer::watch).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watch: Option<Seen>,
}

impl<M, T, O, L, D> Run<'_, '_, M, T, O, L, D>
where
    M: Passes,
    T: Pack,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    fn settings(&self) -> Settings {
        Settings::of(self.trainer, self.feed.len())
    }
    /// Writes a checkpoint if the trainer has a file for it. `net` holds the current weights; if it is `None`, the network itself does.
    pub(super) fn save(&mut self, net: Option<&M>) -> Result<()> {
        if self.trainer.checkpoint.is_none() {
            return Ok(());
        }
        let now = self.training.snapshot()?;
        self.write(&now, self.seen(), net)?;
        self.unsaved = None;
        Ok(())
    }
    /// Writes the checkpoint of the last finished epoch, unless a checkpoint already has it.
    pub(super) fn save_last_epoch(&mut self) -> Result<()> {
        let Some((snapshot, watch)) = self.unsaved.take() else { return Ok(()) };
        self.begin_epoch_anew();
        self.write(&snapshot, watch, None)
    }
    /// Returns what the monitor remembers, if there is one.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.monitor.as_ref().map(|monitor| monitor.seen())
    }
    fn write(&mut self, snapshot: &Snapshot<M>, watch: Option<Seen>, net: Option<&M>) -> Result<()> {
        let Some(path) = &self.trainer.checkpoint else { return Ok(()) };
        let settings = self.settings();
        let sums = self.trainer.metrics.iter_mut().map(|metric| metric.sums().iter().copied().map(Float).collect());
        let saved = Saved { settings, state: &self.state, metric_sums: sums.collect(), watch };
        write_checkpoint(path, snapshot, &saved, net.unwrap_or(self.net), self.best_weights.as_deref())
    }
    /// Restores everything from a checkpoint, and records which settings differ from those it was written with.
    pub(super) fn resume(&mut self, path: &Path) -> Result<()> {
        let (saved, best_weights) = self.training.read_checkpoint(&self.trainer.optimizer, path, Carry::IfItFits)?;
        let Saved::<State> { settings: before, mut state, metric_sums, watch } = saved;
        let now = self.settings();
        same(path, "choice of frozen tensors and groups", &now.trained, &before.trained)?;
        same(path, "list of metrics", self.state.history.metrics.join(", "), state.history.metrics.join(", "))?;
        let seed = seed_of_passes(before.seed, state.earlier_epochs);
        if seed != self.training.seed_of_passes() {
            return Err(malformed(path, format!("the seed {seed}"), &self.training.seed_of_passes().to_string()));
        }
        let same_batches = now.same_batches(&before);
        self.check(path, &state, best_weights.is_some(), same_batches)?;
        self.restore_metrics(path, metric_sums)?;
        if let Some((monitor, seen)) = self.monitor.as_mut().zip(watch) {
            monitor.restore(seen).map_err(|expected| malformed(path, expected, "others"))?;
        }
        let steps = self.training.steps();
        let changes = now.changes(&before, steps + 1);
        state.history.changes.extend(changes.map_err(|error| malformed(path, "settings", &error.to_string()))?);
        // An average of another kind begins anew: the numbers of its updates have another meaning.
        if now.average.map(|average| discriminant(&average)) != before.average.map(|average| discriminant(&average)) {
            self.training.restore_average(None)?;
        }
        self.training.restore(seed_of_passes(self.trainer.seed, state.earlier_epochs), steps);
        (self.state, self.best_weights) = (state, best_weights);
        if !same_batches {
            // The rest of the epoch would have other samples than those that are missing, so it begins anew.
            self.begin_epoch_anew();
        }
        // The network holds these weights until the next epoch ends.
        self.training.store_average(self.net)
    }
    fn restore_metrics(&mut self, path: &Path, sums: Vec<Vec<Float>>) -> Result<()> {
        let metrics = &mut self.trainer.metrics;
        if sums.len() != metrics.len() {
            return Err(malformed(path, format!("sums of {} metrics", metrics.len()), &sums.len().to_string()));
        }
        for (metric, found) in metrics.iter_mut().zip(sums) {
            let found: Vec<f64> = found.into_iter().map(|sum| sum.0).collect();
            if !metric.restore(&found) {
                let expected = format!("{} sums of a metric", metric.sums().len());
                return Err(malformed(path, expected, &found.len().to_string()));
            }
        }
        Ok(())
    }
    /// Forgets what the current epoch has summed up so far.
    fn begin_epoch_anew(&mut self) {
        (self.state.batch, self.state.loss, self.state.losses, self.state.seconds) = (0, 0.0, 0, 0.0);
        self.trainer.metrics.iter_mut().for_each(|metric| metric.reset());
    }
    /// Checks that the numbers of a state are consistent.
    fn check(&self, path: &Path, state: &State, has_best_weights: bool, same_batches: bool) -> Result<()> {
        let (State { epoch, batch, history, best, plateau, .. }, batches) = (state, self.batches());
        let (before, steps) = (history.last().map_or(0, |row| row.steps), self.training.steps());
        // With other batches, neither the batches nor the steps of the current epoch are known.
        let whole = *batch == batches || *batch < batches && batch.is_multiple_of(self.trainer.accumulate);
        let some = if same_batches { self.steps_of(*batch) as u64 } else { 0 };
        // An epoch that was begun anew has taken more steps.
        let exact = same_batches && history.changes.is_empty();
        let fits = if exact { steps.checked_sub(before) == Some(some) } else { steps >= before.saturating_add(some) };
        if same_batches && !whole || !fits {
            let expected = format!("the {before} steps of {epoch} epochs, and those of {batch} batches of {batches}");
            return Err(malformed(path, expected, &steps.to_string()));
        }
        let complete = |scores: &Scores| scores.metrics.len() == history.metrics.len();
        let row_is_complete = |row: &super::Epoch| complete(&row.train) && row.validation.iter().all(complete);
        if history.epochs.len() != *epoch || !history.epochs.iter().all(row_is_complete) {
            let found = format!("{} epochs, or wrong numbers of metrics", history.epochs.len());
            return Err(malformed(path, format!("a history of {epoch} epochs"), &found));
        }
        if !(0.0..=1.0).contains(&plateau.factor()) {
            return Err(malformed(path, "a factor of the learning rate from 0 to 1", &plateau.factor().to_string()));
        }
        if best.is_some() != has_best_weights || best.is_some_and(|best| !(1..=*epoch).contains(&best.epoch)) {
            return Err(malformed(path, "a best epoch among those finished, with its weights", &format!("{best:?}")));
        }
        Ok(())
    }
}
