//! The trainer's part of a checkpoint: the progress of the training, and the settings that must not change when it is resumed.

use super::float::Float;
use super::history::{History, Scores};
use super::run::{Run, seed_of_passes};
use super::tuning::Tuning;
use crate::ops::Device;
use crate::optim::schedule::PlateauState;
use crate::optim::{Optimizer, WeightAverage};
use crate::session::Criterion;
use crate::session::checkpoint::{Snapshot, malformed, same, write_checkpoint};
use crate::tensor::Pack;
use crate::{Passes, Result};
use serde::{Deserialize, Serialize};
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

/// The settings that determine the results and must not change when a training is resumed. The number of epochs, the learning rate and
/// the schedule may change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    loss: String,
    batch_size: usize,
    accumulate: usize,
    drop_last: bool,
    training_samples: usize,
    shuffle: bool,
    similar_lengths: bool,
    carry_state: bool,
    sampler: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    average: Option<WeightAverage>,
    #[serde(default = "none", skip_serializing_if = "is_none")]
    tuning: String,
}

/// The text of a trainer that trains everything alike; files without freezing and groups do not have it.
fn none() -> String {
    Tuning::default().text()
}
fn is_none(text: &String) -> bool {
    *text == none()
}

/// Everything that the trainer adds to a checkpoint; `S` is [`State`], owned or borrowed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<S> {
    settings: Settings,
    state: S,
    /// The sums of each metric over the current epoch.
    metric_sums: Vec<Vec<Float>>,
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
        Settings {
            loss: L::NAME.into(),
            batch_size: self.trainer.batch_size,
            accumulate: self.trainer.accumulate,
            drop_last: self.trainer.drops_last(),
            training_samples: self.feed.len(),
            shuffle: self.trainer.shuffles(),
            similar_lengths: self.trainer.similar_lengths,
            carry_state: self.trainer.carry_state,
            sampler: self.trainer.sampler.is_some(),
            average: self.trainer.average,
            tuning: self.trainer.tuning.text(),
        }
    }
    /// Writes a checkpoint if the trainer has a file for it. `net` holds the current weights; if it is `None`, the network itself does.
    pub(super) fn save(&mut self, net: Option<&M>) -> Result<()> {
        if self.trainer.checkpoint.is_none() {
            return Ok(());
        }
        let now = self.training.snapshot()?;
        self.write(&now, net)?;
        self.unsaved = None;
        Ok(())
    }
    /// Writes the checkpoint of the last finished epoch, unless a checkpoint already has it.
    pub(super) fn save_last_epoch(&mut self) -> Result<()> {
        let Some(snapshot) = self.unsaved.take() else { return Ok(()) };
        (self.state.batch, self.state.loss, self.state.losses, self.state.seconds) = (0, 0.0, 0, 0.0);
        self.trainer.metrics.iter_mut().for_each(|metric| metric.reset());
        self.write(&snapshot, None)
    }
    fn write(&mut self, snapshot: &Snapshot<M>, net: Option<&M>) -> Result<()> {
        let Some(path) = &self.trainer.checkpoint else { return Ok(()) };
        let settings = self.settings();
        let sums = self.trainer.metrics.iter_mut().map(|metric| metric.sums().iter().copied().map(Float).collect());
        let saved = Saved { settings, state: &self.state, metric_sums: sums.collect() };
        write_checkpoint(path, snapshot, &saved, net.unwrap_or(self.net), self.best_weights.as_deref())
    }
    /// Restores everything from a checkpoint.
    pub(super) fn resume(&mut self, path: &Path) -> Result<()> {
        let (saved, best_weights) = self.training.read_checkpoint(&self.trainer.optimizer, path)?;
        let Saved::<State> { settings: found, state, metric_sums } = saved;
        let expected = self.settings();
        same(path, "loss", expected.loss, found.loss)?;
        let seed = seed_of_passes(self.trainer.seed, state.earlier_epochs);
        same(path, "seed", seed, self.training.seed_of_passes())?;
        same(path, "batch size", expected.batch_size, found.batch_size)?;
        same(path, "number of batches in a step", expected.accumulate, found.accumulate)?;
        same(path, "choice of `drop_last`", expected.drop_last, found.drop_last)?;
        same(path, "number of training samples", expected.training_samples, found.training_samples)?;
        same(path, "shuffling", expected.shuffle, found.shuffle)?;
        same(path, "choice of `similar_lengths`", expected.similar_lengths, found.similar_lengths)?;
        same(path, "choice of a `sampler`", expected.sampler, found.sampler)?;
        same(path, "choice of `carry_state`", expected.carry_state, found.carry_state)?;
        let text = |average: Option<WeightAverage>| average.map_or("none".into(), |average| format!("{average:?}"));
        same(path, "average of the weights", text(expected.average), text(found.average))?;
        same(path, "choice of frozen tensors and groups", expected.tuning, found.tuning)?;
        same(path, "list of metrics", self.state.history.metrics.join(", "), state.history.metrics.join(", "))?;
        self.check(path, &state, best_weights.is_some())?;
        let metrics = &mut self.trainer.metrics;
        if metric_sums.len() != metrics.len() {
            return Err(malformed(path, format!("sums of {} metrics", metrics.len()), &metric_sums.len().to_string()));
        }
        for (metric, found) in metrics.iter_mut().zip(metric_sums) {
            let found: Vec<f64> = found.into_iter().map(|sum| sum.0).collect();
            if !metric.restore(&found) {
                let expected = format!("{} sums of a metric", metric.sums().len());
                return Err(malformed(path, expected, &found.len().to_string()));
            }
        }
        (self.state, self.best_weights) = (state, best_weights);
        // The network holds these weights until the next epoch ends.
        self.training.store_average(self.net)
    }
    /// Checks that the numbers of a state are consistent.
    fn check(&self, path: &Path, state: &State, has_best_weights: bool) -> Result<()> {
        let (State { epoch, batch, history, best, plateau, .. }, batches) = (state, self.batches());
        let (every, some) = (self.steps_of(batches), self.steps_of(*batch));
        let steps = epoch.checked_mul(every).and_then(|steps| steps.checked_add(some));
        let whole = *batch == batches || batch.is_multiple_of(self.trainer.accumulate);
        if *batch > batches || !whole || steps.map(|steps| steps as u64) != Some(self.training.steps()) {
            let expected = format!("the steps of {epoch} epochs of {batches} batches and {batch} more");
            return Err(malformed(path, expected, &self.training.steps().to_string()));
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
