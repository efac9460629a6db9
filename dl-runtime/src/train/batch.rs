//! The batches of a training: the forward pass, the loss and the backward pass of one batch, the step after the last batch of several, and
//! the receipt of the results.

use super::check::{check_metrics, check_samples};
use super::checkpoint::State;
use super::event::{Flow, StepEnd};
use super::feed::Feed;
use super::progress::Progress;
use super::run::{Run, stronger};
use super::terms;
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::ops::Device;
use crate::optim::{Clip, Group, Optimizer, Pace, Unit, WeightAverage};
use crate::range::NOT_NEGATIVE;
use crate::session::{Criterion, Samples};
use crate::tensor::Pack;
use crate::{Error, Passes, Result, Training};
use std::ops::Range;

/// A batch in flight: it was requested, and its results have not been received.
pub(super) struct PendingBatch {
    /// The range of its samples in the order of the epoch.
    picked: Range<usize>,
    /// The number of the step that it belongs to.
    step: u64,
    /// True if it is the last batch of its step.
    pub steps: bool,
    /// The number of batches of the step before this one.
    before: u64,
    batch: usize,
    batches: usize,
    learning_rate: f64,
}

impl<'a, M, T, O, L, D> Run<'a, '_, M, T, O, L, D>
where
    M: Passes,
    T: Pack,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    /// Requests one batch: forward pass, loss and backward pass, and the update of the weights after the last batch of a step.
    pub(super) fn begin_batch(&mut self, batches: usize) -> Result<PendingBatch> {
        let steps_of_epoch = self.steps_of(batches);
        let (trainer, training, state) = (&mut *self.trainer, &mut self.training, &mut self.state);
        let from = state.batch * trainer.batch_size;
        let picked = from..self.feed.len().min(from + trainer.batch_size);
        self.feed.batch(state.batch, &self.order[picked.clone()], |data, picked| {
            if matches!(self.feed, Feed::Source(..)) {
                // The samples of a data set were checked at the start.
                let (inputs, targets) = (&data.inputs[..picked.len()], &data.targets[..picked.len()]);
                check_samples::<M, T, L>(inputs, targets, &trainer.loss).map_err(|error| error.of_data("batch"))?;
                check_metrics(&trainer.metrics, targets)?;
            }
            forward(training, &trainer.loss, data, picked)
        })?;
        training.backward();
        let (step, before) = (training.steps() + 1, (state.batch % trainer.accumulate) as u64);
        state.batch += 1;
        // The rest of an epoch takes a step too.
        let steps = state.batch.is_multiple_of(trainer.accumulate) || state.batch == batches;
        if steps {
            if let Some(monitor) = &mut self.monitor {
                monitor.step(training, &mut state.history.warnings)?;
            }
            if let Some(clip) = trainer.clip {
                training.clip_async(clip)?;
            }
            let (steps, factor) = (training.steps() as f64, state.plateau.factor());
            // Epochs before a resumption may have had other numbers of steps.
            let steps_so_far = state.epoch * steps_of_epoch + (state.batch - 1) / trainer.accumulate;
            let epochs = steps_so_far as f64 / steps_of_epoch as f64;
            let schedule = trainer.schedule.as_ref().map_or(1.0, |(schedule, unit)| match unit {
                Unit::Steps => schedule.factor(steps),
                Unit::Epochs => schedule.factor(epochs),
            });
            NOT_NEGATIVE.check("schedule", "factor", schedule)?;
            let optimizer = &trainer.optimizer;
            state.learning_rate = optimizer.learning_rate() * schedule * factor;
            let pace = Pace { steps, epochs, schedule, factor };
            let of_group = |group: &Group| group.optimizer(optimizer, pace);
            training.step_in_groups(&optimizer.with_learning_rate(state.learning_rate), of_group)?;
            if let Some(average @ WeightAverage::Exponential { .. }) = trainer.average {
                training.average(average)?;
            }
        }
        training.request_results(trainer.metrics.len() > terms::reported::<M, L>().len())?;
        let (batch, learning_rate) = (state.batch, state.learning_rate);
        Ok(PendingBatch { picked, step, steps, before, batch, batches, learning_rate })
    }
    /// Waits for the results of a batch and adds them to the sums of the epoch. `ahead` is the batch that was requested after it, if any.
    pub(super) fn finish_batch(
        &mut self,
        pending: PendingBatch,
        ahead: Option<&PendingBatch>,
        progress: &mut Progress,
    ) -> Result<Flow> {
        let PendingBatch { picked, step, steps, before, batch, batches, learning_rate } = pending;
        let (samples, outputs) = (picked.len(), &mut self.outputs[..picked.len()]);
        let (loss, check) = self.training.receive_results(outputs)?;
        let picked = &self.order[picked];
        if check.overflowed && check.stopped().is_none() {
            return Err(self.training.step_error(step, check, ahead.is_some())?);
        }
        if check.stopped().is_some() {
            // The trained weights are still those before the step, so it is repeated to find where it failed. This updates the running
            // statistics a second time, which does not matter because the session ends here.
            let taken = u64::from(steps) + u64::from(ahead.is_some_and(|ahead| ahead.steps));
            self.training.rewind(taken, before, ahead.is_some());
            self.feed.batch(batch - 1, picked, |data, picked| {
                forward(&mut self.training, &self.trainer.loss, data, picked)
            })?;
            let layer = match self.training.wait() {
                Err(Error::NotFinite { layer, .. }) => layer,
                Err(error) => return Err(error),
                Ok(_) => "the loss".into(),
            };
            // If only one sample of several has a bad loss, the cause is more likely that sample than the training.
            let losses = self.training.losses().iter().enumerate();
            let mut bad: Vec<usize> = losses.filter(|(_, loss)| !loss.is_finite()).map(|(at, _)| at).collect();
            bad.iter_mut().for_each(|at| *at = self.training.sample_of_loss::<L>(*at));
            bad.dedup();
            let layer = match bad.as_slice() {
                &[slot] if samples > 1 => {
                    let sample = picked[slot];
                    format!("{layer}, of sample {sample} of the training set alone,")
                }
                _ => layer,
            };
            return Err(Error::NotFinite { step, layer });
        }
        self.feed.batch(batch - 1, picked, |data, picked| {
            let targets = picked.iter().map(|i| &data.targets[*i]);
            Self::account(self.trainer, &mut self.state, &self.training, outputs, targets);
            Ok(())
        })?;
        self.feed.release(batch - 1);
        progress.step(self.state.loss / self.state.losses as f64, samples);
        let losses = self.training.losses().len();
        self.step_loss.0 += f64::from(loss) * losses as f64;
        self.step_loss.1 += losses;
        if !steps {
            return Ok(Flow::Continue);
        }
        let (sum, losses) = std::mem::take(&mut self.step_loss);
        // The loss of a single batch is its own, without a further rounding.
        let loss = if before == 0 { loss } else { (sum / losses as f64) as f32 };
        let norm = matches!(self.trainer.clip, Some(Clip::Norm(_))).then(|| check.norm());
        let event = StepEnd { epoch: self.state.epoch + 1, step, batch, batches, loss, learning_rate, norm };
        let flows = self.trainer.on_step.iter_mut().map(|callback| callback(&event));
        Ok(flows.fold(Flow::Continue, stronger))
    }

    /// Adds the results of the last received batch to the sums of the loss and the metrics.
    pub(super) fn account<'t>(
        trainer: &mut Trainer<'a, M, T, O, L, D>,
        state: &mut State,
        training: &Training<M, D>,
        outputs: &[M::Output],
        targets: impl Iterator<Item = &'t T> + Clone,
    ) where
        T: 't,
    {
        state.loss = training.losses().iter().fold(state.loss, |sum, loss| sum + f64::from(*loss));
        state.losses = state.losses.saturating_add(training.losses().len() as u64);
        let (of_terms, metrics) = trainer.metrics.split_at_mut(terms::reported::<M, L>().len());
        terms::add(of_terms, training.terms(), training.losses().len());
        for metric in metrics {
            let samples = outputs.iter().zip(targets.clone());
            samples.for_each(|(y, t)| y.items().iter().zip(t.items()).for_each(|(y, t)| metric.add(y, t)));
        }
    }
}

/// Runs the forward pass for the samples with these indices, and their loss, without waiting for it.
pub(super) fn forward<M: Passes, T: Pack, L: Criterion<M, Target = T>, D: Device>(
    training: &mut Training<M, D>,
    loss: &L,
    data: &Dataset<M::Input, T>,
    picked: &[usize],
) -> Result<()> {
    training.forward_samples(Samples::Picked(&data.inputs, picked))?;
    training.compute_loss(loss, &Samples::Picked(&data.targets, picked))?;
    training.go_on_without_loss();
    Ok(())
}
