//! The training itself: epochs, steps, validation, and when to stop.

use super::checkpoint::{Best, State};
use super::criterion::Criterion;
use super::event::{EpochEnd, Flow, StepEnd};
use super::history::{Ended, Epoch, History, Scores};
use super::progress::Progress;
use super::trainer::{Every, Trainer, Unit};
use crate::data::Dataset;
use crate::metrics::{Metric, Metrics};
use crate::ops::Device;
use crate::optim::{Clip, Optimizer};
use crate::random::Rng;
use crate::tensor::pod::{flat, flat_mut, zeroed_box, zeroed_vec};
use crate::{Error, Model, Pod, Result, Training};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A training under way.
pub(super) struct Run<'a, 'r, M: Model, T, O, L, D: Device> {
    pub trainer: Trainer<'a, M, T, O, L, D>,
    pub net: &'r mut M,
    pub data: &'r Dataset<M::Input, T>,
    pub training: Training<M, D>,
    pub state: State,
    /// The weights of [`State::best`].
    pub best_weights: Option<Box<M>>,
    /// The samples in the order of this epoch.
    order: Vec<usize>,
    /// The outputs of a batch, for the metrics.
    outputs: Vec<M::Output>,
    /// Whether the next step is asked for before the results of the last one are there, so that the device never waits. Not
    /// where somebody may want to stop after each step.
    ahead: bool,
}

/// A step that was asked for.
struct Sent {
    /// Of the order of the epoch.
    picked: Range<usize>,
    step: u64,
    batch: usize,
    batches: usize,
    learning_rate: f64,
    /// Where its results arrive.
    slot: usize,
}

impl<'a, 'r, M, T, O, L, D> Run<'a, 'r, M, T, O, L, D>
where
    M: Model,
    T: Pod,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    pub fn new(
        mut trainer: Trainer<'a, M, T, O, L, D>,
        net: &'r mut M,
        data: &'r Dataset<M::Input, T>,
    ) -> Result<Self> {
        check::<M, T, L>(data, "training set", &trainer.loss)?;
        if let Some(validation) = trainer.validation {
            check::<M, T, L>(validation, "validation set", &trainer.loss)?;
        }
        let setting = |setting, found: usize| match found {
            0 => Err(Error::Setting { setting, expected: "at least 1".into(), found: "0".into() }),
            _ => Ok(()),
        };
        setting("batch size", trainer.batch_size)?;
        match trainer.every {
            Every::Epochs(n) => setting("epochs from checkpoint to checkpoint", n)?,
            Every::Steps(n) => setting("steps from checkpoint to checkpoint", usize::from(n > 0))?,
        }
        let mut metrics: Metrics<M::Output, T> = trainer.loss.metrics();
        for metric in std::mem::take(&mut trainer.metrics) {
            if metrics.iter().all(|m| m.name() != metric.name()) {
                metrics.push(metric);
            }
        }
        trainer.metrics = metrics;
        let most = data.len().max(trainer.validation.map_or(0, Dataset::len));
        let capacity = trainer.batch_size.min(most);
        let training = Training::on(trainer.device.clone(), net, capacity)?.seed(trainer.seed);
        let history = History { metrics: trainer.metrics.iter().map(|m| m.name()).collect(), ..History::default() };
        let state = State { epoch: 0, batch: 0, loss: 0.0, seconds: 0.0, learning_rate: 0.0, history, best: None };
        let (order, outputs) = (vec![0; data.len()], zeroed_vec(capacity));
        let ahead = !D::SYNCHRONOUS && trainer.on_step.is_empty();
        let mut run = Run { trainer, net, data, training, state, best_weights: None, order, outputs, ahead };
        if let Some(path) = run.trainer.resume.take() {
            run.resume(&path)?;
        }
        Ok(run)
    }

    pub fn run(mut self) -> Result<History> {
        let mut progress = Progress::new(self.trainer.quiet, self.trainer.epochs);
        let mut ended = self.early();
        while ended.is_none() && self.state.epoch < self.trainer.epochs {
            ended = self.epoch(&mut progress)?;
        }
        self.state.history.ended = ended.unwrap_or_default();
        // In the middle of an epoch the host does not have the weights yet.
        self.training.store(self.net)?;
        if matches!(ended, Some(Ended::Callback | Ended::Interrupted))
            || !matches!(self.trainer.every, Every::Epochs(1))
        {
            self.save()?;
        }
        if let Some(weights) = &self.best_weights {
            flat_mut(std::slice::from_mut(self.net)).copy_from_slice(flat(std::slice::from_ref(&**weights)));
            self.state.history.best = self.state.best.map(|best| best.epoch);
        }
        Ok(self.state.history)
    }

    pub(super) fn batches(&self) -> usize {
        self.data.len().div_ceil(self.trainer.batch_size)
    }
    /// The rest of an epoch; says why training ends, if it does.
    fn epoch(&mut self, progress: &mut Progress) -> Result<Option<Ended>> {
        let (start, batches) = (Instant::now(), self.batches());
        let before = self.state.seconds;
        self.order.iter_mut().enumerate().for_each(|(i, slot)| *slot = i);
        if self.trainer.shuffle {
            // Every epoch has an order of its own, which does not need those before it.
            Rng::new(epoch_seed(self.trainer.seed, self.state.epoch as u64)).shuffle(&mut self.order);
        }
        progress.begin(self.state.epoch, batches, self.state.batch);
        let mut sent = None;
        while self.state.batch < batches {
            let newest = self.send(batches)?;
            let due = if self.ahead { sent.replace(newest) } else { Some(newest) };
            let flow = due.map_or(Ok(Flow::Continue), |due| self.receive(due, sent.is_some(), progress))?;
            self.state.seconds = before + start.elapsed().as_secs_f64();
            let asked = self.trainer.interrupt.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed));
            let ends = asked || flow == Flow::Stop;
            let saves = matches!(self.trainer.every, Every::Steps(n) if self.training.steps().is_multiple_of(n));
            if let Some(last) = sent.take_if(|_| ends || saves || self.state.batch == batches) {
                self.receive(last, false, progress)?;
            }
            if ends {
                progress.pause();
                return Ok(Some(if asked { Ended::Interrupted } else { Ended::Callback }));
            }
            if saves {
                self.training.store(self.net)?;
                self.save()?;
            }
        }
        self.state.seconds = before + start.elapsed().as_secs_f64();
        let samples_per_second = self.data.len() as f64 / self.state.seconds;
        let train = self.scores(self.data.len());
        progress.validate();
        let clock = Instant::now();
        let validation = self.trainer.validation.map(|data| self.validate(data)).transpose()?;
        let seconds = self.state.seconds + clock.elapsed().as_secs_f64();
        let row = Epoch {
            epoch: self.state.epoch + 1,
            steps: self.training.steps(),
            learning_rate: self.state.learning_rate,
            seconds,
            samples_per_second,
            train,
            validation,
        };
        progress.end(&row, &self.state.history.metrics);
        self.finish(row)
    }

    /// Asks for one step: forward, loss, backward, and the optimizer's.
    fn send(&mut self, batches: usize) -> Result<Sent> {
        let (trainer, training, state) = (&mut self.trainer, &mut self.training, &mut self.state);
        let from = state.batch * trainer.batch_size;
        let picked = from..self.data.len().min(from + trainer.batch_size);
        trainer.loss.forward(training, &self.data.inputs, &self.data.targets, &self.order[picked.clone()])?;
        training.backward();
        if let Some(clip) = trainer.clip {
            training.clip_later(clip);
        }
        let factor = trainer.schedule.as_ref().map_or(1.0, |(schedule, unit)| match unit {
            Unit::Steps => schedule.factor(training.steps() as f64),
            Unit::Epochs => schedule.factor(training.steps() as f64 / batches as f64),
        });
        state.learning_rate = trainer.optimizer.learning_rate() * factor;
        training.step(&trainer.optimizer.with_learning_rate(state.learning_rate))?;
        state.batch += 1;
        let (step, slot) = (training.steps(), if self.ahead { (training.steps() % 2) as usize } else { 0 });
        training.send(slot, trainer.metrics.len() > trainer.loss.terms())?;
        Ok(Sent { picked, step, batch: state.batch, batches, learning_rate: state.learning_rate, slot })
    }
    /// Takes the results of a step into account. `ahead` is whether another was asked for behind it.
    fn receive(&mut self, sent: Sent, ahead: bool, progress: &mut Progress) -> Result<Flow> {
        let Sent { picked, step, batch, batches, learning_rate, slot } = sent;
        let (samples, outputs, data) = (picked.len(), &mut self.outputs[..picked.len()], self.data);
        let (loss, watch) = self.training.receive(slot, Some(&mut *outputs))?;
        let picked = &self.order[picked];
        if watch.overflowed && watch.stopped().is_none() {
            return Err(self.training.step_error(step, watch, ahead)?);
        }
        if watch.stopped().is_some() {
            // The trained weights are those before the step: once more, to see where it went wrong. Running statistics follow
            // the batch again, which is of no account: the session ends here.
            self.training.rewind(1 + u64::from(ahead));
            self.trainer.loss.forward(&mut self.training, &self.data.inputs, &self.data.targets, picked)?;
            self.training.wait()?;
            return Err(Error::NotFinite { step, layer: "the loss".into() });
        }
        let targets = picked.iter().map(|i| &data.targets[*i]);
        Self::account(&mut self.trainer, &mut self.state, &self.training, outputs, targets);
        let norm = matches!(self.trainer.clip, Some(Clip::Norm(_))).then(|| watch.norm());
        let event = StepEnd { epoch: self.state.epoch + 1, step, batch, batches, loss, learning_rate, norm };
        progress.step(self.state.loss, (batch - 1) * self.trainer.batch_size + samples, samples);
        let flows = self.trainer.on_step.iter_mut().map(|callback| callback(&event));
        Ok(flows.fold(Flow::Continue, stronger))
    }

    /// Loss and metrics of the samples since the last call; clears them.
    fn scores(&mut self, samples: usize) -> Scores {
        let scores = Scores {
            loss: std::mem::take(&mut self.state.loss) / samples as f64,
            metrics: self.trainer.metrics.iter().map(|m| m.value()).collect(),
        };
        self.state.history.confusion = self.trainer.metrics.iter().find_map(|m| m.confusion()).cloned();
        self.trainer.metrics.iter_mut().for_each(|m| m.sums().fill(0.0));
        scores
    }

    fn validate(&mut self, data: &Dataset<M::Input, T>) -> Result<Scores> {
        let terms = self.trainer.loss.terms();
        let (mut waiting, wanted) = (None, self.trainer.metrics.len() > terms);
        for (number, (inputs, targets)) in data.batches(self.training.batch_size()).enumerate() {
            self.trainer.loss.evaluate(&mut self.training, inputs, targets)?;
            let slot = if D::SYNCHRONOUS { 0 } else { number % 2 };
            self.training.send(slot, wanted)?;
            let newest = (slot, inputs, targets);
            let due = if D::SYNCHRONOUS { Some(newest) } else { waiting.replace(newest) };
            due.map_or(Ok(()), |due| self.validated(due))?;
        }
        waiting.map_or(Ok(()), |due| self.validated(due))?;
        Ok(self.scores(data.len()))
    }
    /// Takes a batch of the validation into account.
    fn validated(&mut self, (slot, inputs, targets): (usize, &[M::Input], &[T])) -> Result<()> {
        let outputs = &mut self.outputs[..targets.len()];
        let (loss, _) = self.training.receive(slot, Some(&mut *outputs))?;
        if !loss.is_finite() {
            // Once more, to see where it went wrong.
            self.trainer.loss.evaluate(&mut self.training, inputs, targets)?;
            self.training.wait()?;
        }
        Self::account(&mut self.trainer, &mut self.state, &self.training, outputs, targets.iter());
        Ok(())
    }
    /// Adds the batch that was received last to the sums of losses and metrics.
    fn account<'t>(
        trainer: &mut Trainer<'a, M, T, O, L, D>,
        state: &mut State,
        training: &Training<M, D>,
        outputs: &[M::Output],
        targets: impl Iterator<Item = &'t T> + Clone,
    ) where
        T: 't,
    {
        state.loss = training.losses().iter().fold(state.loss, |sum, loss| sum + f64::from(*loss));
        let (terms, metrics) = trainer.metrics.split_at_mut(trainer.loss.terms());
        add_terms(terms, training.terms(), outputs.len());
        for metric in metrics {
            outputs.iter().zip(targets.clone()).for_each(|(y, t)| metric.add(y, t));
        }
    }

    /// What follows an epoch: its row, the best weights, callbacks, a checkpoint.
    fn finish(&mut self, row: Epoch) -> Result<Option<Ended>> {
        self.training.store(self.net)?;
        (self.state.epoch, self.state.batch, self.state.seconds) = (row.epoch, 0, 0.0);
        let loss = row.validation.as_ref().unwrap_or(&row.train).loss;
        if self.trainer.patience.is_some() && self.state.best.as_ref().is_none_or(|best| loss < best.loss) {
            self.state.best = Some(Best { epoch: row.epoch, loss });
            let weights = &mut **self.best_weights.get_or_insert_with(zeroed_box);
            flat_mut(std::slice::from_mut(weights)).copy_from_slice(flat(std::slice::from_ref(&*self.net)));
        }
        self.state.history.epochs.push(row);
        let mut flow = Flow::Continue;
        if let Some(row) = self.state.history.epochs.last() {
            let event = EpochEnd { row, history: &self.state.history, net: &*self.net };
            flow = self.trainer.on_epoch.iter_mut().map(|callback| callback(&event)).fold(flow, stronger);
        }
        if matches!(self.trainer.every, Every::Epochs(n) if self.state.epoch.is_multiple_of(n)) {
            self.save()?;
        }
        Ok(self.early().or((flow == Flow::Stop).then_some(Ended::Callback)))
    }

    /// Whether the best epoch is too long ago.
    fn early(&self) -> Option<Ended> {
        let (patience, best) = (self.trainer.patience?, self.state.best.as_ref()?);
        (self.state.epoch - best.epoch >= patience.max(1)).then_some(Ended::Early)
    }
}

/// Takes the terms of a batch of `samples` into account.
fn add_terms<Y, T>(metrics: &mut [Box<dyn Metric<Y, T>>], terms: &[f32], samples: usize) {
    for (metric, term) in metrics.iter_mut().zip(terms) {
        let sums = metric.sums();
        sums[0] += f64::from(*term) * samples as f64;
        sums[1] += samples as f64;
    }
}

fn stronger(a: Flow, b: Flow) -> Flow {
    if a == Flow::Stop { a } else { b }
}

/// The seed of the order of one epoch. It differs from those of other epochs, and from that of initial weights.
fn epoch_seed(seed: u64, epoch: u64) -> u64 {
    seed.wrapping_add(epoch.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn check<M: Model, T: Pod, L: Criterion<M, Target = T>>(
    data: &Dataset<M::Input, T>,
    what: &'static str,
    loss: &L,
) -> Result<()> {
    data.check_lengths()?;
    if data.is_empty() {
        return Err(Error::Empty { what });
    }
    M::check_inputs(&data.inputs)?;
    loss.check(&data.targets)
}
