//! The trainer's part of a checkpoint: how far the training is, and which settings must be the same to go on.

use super::history::History;
use super::run::{Best, Run};
use crate::io::checkpoint::{Words, malformed};
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::session::Criterion;
use crate::{Passes, Pod, Result};
use std::path::Path;

impl<M, T, O, L, D> Run<'_, '_, M, T, O, L, D>
where
    M: Passes,
    T: Pod,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    /// What fixes the results and cannot change on the way. The number of epochs, rates and schedules can.
    fn fixed(&self) -> [(&'static str, String); 6] {
        let trainer = &self.trainer;
        [
            ("loss", L::NAME.into()),
            ("seed", trainer.seed.to_string()),
            ("batch size", trainer.batch_size.to_string()),
            ("training set", format!("{} samples", self.data.len())),
            ("shuffling", trainer.shuffle.to_string()),
            ("metrics", self.state.history.metrics.join(", ")),
        ]
    }
    /// Writes a checkpoint if there is a file for it. The weights on the host are the current ones.
    pub(super) fn save(&mut self) -> Result<()> {
        let Some(path) = &self.trainer.checkpoint else { return Ok(()) };
        let (state, mut words) = (&self.state, Words::default());
        self.fixed().iter().for_each(|(key, value)| words.set(key, value));
        words.set("epoch", state.epoch);
        words.set("batch", state.batch);
        words.set("sum of losses", state.loss);
        words.set("seconds", state.seconds);
        words.set("rate", state.learning_rate);
        words.set("history", state.history.csv());
        let sums = self.trainer.metrics.iter_mut().flat_map(|m| m.sums().to_vec()).map(|sum| sum.to_string());
        words.set("sums of metrics", sums.collect::<Vec<_>>().join(" "));
        if let Some(best) = &state.best {
            words.set("best epoch", best.epoch);
            words.set("best loss", best.loss);
        }
        let best = state.best.as_ref().map(|best| &*best.weights);
        self.training.write_checkpoint(path, &words, self.net, best)
    }
    /// Takes everything from a checkpoint.
    pub(super) fn resume(&mut self, path: &Path) -> Result<()> {
        let (words, best) = self.training.read_checkpoint(&self.trainer.optimizer, path)?;
        for (what, expected) in self.fixed() {
            words.expect(path, what, expected)?;
        }
        let batches = self.batches();
        let state = &mut self.state;
        state.epoch = words.number(path, "epoch")?;
        state.batch = words.at_most(path, "batch", batches as u64)? as usize;
        let steps = state.epoch.checked_mul(batches).and_then(|steps| steps.checked_add(state.batch));
        if steps.map(|steps| steps as u64) != Some(self.training.steps()) {
            let expected = format!("the steps of {} epochs of {batches} batches and {} more", state.epoch, state.batch);
            return Err(malformed(path, expected, &self.training.steps().to_string()));
        }
        state.loss = words.finite(path, "sum of losses")?;
        state.seconds = words.finite(path, "seconds")?;
        state.learning_rate = words.finite(path, "rate")?;
        let csv = words.text(path, "history")?;
        let rows = History::read_csv(csv, state.history.metrics.len()).filter(|rows| rows.len() == state.epoch);
        let expected = || format!("a history of {} epochs", state.epoch);
        state.history.epochs = rows.ok_or_else(|| malformed(path, expected(), csv))?;
        let text = words.text(path, "sums of metrics")?;
        let found: Option<Vec<f64>> = text.split_whitespace().map(|sum| sum.parse().ok()).collect();
        let mut sums: Vec<&mut f64> = self.trainer.metrics.iter_mut().flat_map(|m| m.sums()).collect();
        let found = found.filter(|found| found.len() == sums.len());
        let found = found.ok_or_else(|| malformed(path, format!("{} sums of metrics", sums.len()), text))?;
        sums.iter_mut().zip(found).for_each(|(sum, found)| **sum = found);
        if let Some(weights) = best {
            let epoch = words.at_most(path, "best epoch", state.epoch as u64)? as usize;
            state.best = Some(Best { epoch, loss: words.finite(path, "best loss")?, weights });
        }
        // What `fit` reads the network for until the next epoch ends.
        self.training.store(self.net)
    }
}
