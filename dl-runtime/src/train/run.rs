//! The training loop: epochs, steps, validation, and the conditions that end it.

use super::TrainError;
use super::check::{check, check_checkpoint, check_metrics};
use super::checkpoint::{Best, State};
use super::event::{EpochEnd, Flow};
use super::feed::Feed;
use super::history::{Ended, Epoch, History, Scores};
use super::monitor::{Monitor, Seen};
use super::progress::Progress;
use super::tensorboard::Board;
use super::terms;
use super::trainer::{Every, Trainer};
use crate::clock::{Instant, per_second};
use crate::data::{Dataset, similar_lengths};
use crate::metrics::Metrics;
use crate::network::{DIMENSIONS, Row};
use crate::ops::Device;
use crate::optim::schedule::PlateauState;
use crate::optim::{Optimizer, WeightAverage};
use crate::random::Rng;
use crate::session::Criterion;
use crate::session::checkpoint::Snapshot;
use crate::tensor::Pack;
use crate::tensor::context::splitmix64;
use crate::tensor::pack::rows_of;
use crate::tensor::pod::{flat, flat_mut, reserved, zeroed_box};
use crate::{Passes, Result, Training};
use std::sync::atomic::Ordering;

/// A training in progress.
pub(super) struct Run<'a, 'r, M: Passes, T: Pack, O, L, D: Device> {
    pub trainer: &'r mut Trainer<'a, M, T, O, L, D>,
    pub net: &'r mut M,
    pub feed: Feed<'r, M::Input, T>,
    pub training: Training<M, D>,
    pub state: State,
    /// The weights of the epoch in [`State::best`].
    pub best_weights: Option<Box<M>>,
    /// The session and the monitor after the last epoch, until a checkpoint contains them; they are written if an error ends the training.
    pub unsaved: Option<(Snapshot<M>, Option<Seen>)>,
    board: Option<Board<M>>,
    pub monitor: Option<Monitor<M>>,
    #[cfg(feature = "ctrl-c")]
    ctrl_c: Option<super::ctrl_c::Listening>,
    /// The indices of the samples in the order of this epoch.
    pub order: Vec<usize>,
    /// The rows of all sequences of each input, if samples of similar lengths are wanted together.
    lengths: Vec<usize>,
    /// The outputs of a batch, for the metrics.
    pub outputs: Vec<M::Output>,
    /// True if the next step is requested before the results of the last one arrive, so that the device never waits. False if a callback
    /// may stop the training after each step.
    asynchronous: bool,
    /// The sum of the losses of the batches of the current step, and their number.
    pub step_loss: (f64, usize),
}

impl<'a, 'r, M, T, O, L, D> Run<'a, 'r, M, T, O, L, D>
where
    M: Passes,
    T: Pack,
    O: Optimizer,
    L: Criterion<M, Target = T>,
    D: Device,
{
    pub fn new(
        trainer: &'r mut Trainer<'a, M, T, O, L, D>,
        net: &'r mut M,
        feed: Feed<'r, M::Input, T>,
    ) -> Result<Self> {
        trainer.check_settings()?;
        check(trainer, &feed)?;
        let mut metrics: Metrics<Row<M::Output>, Row<T>> = terms::metrics::<M, L>();
        metrics.extend(trainer.loss.metrics());
        for metric in std::mem::take(&mut trainer.metrics) {
            if metrics.iter().all(|m| m.name() != metric.name()) {
                metrics.push(metric);
            }
        }
        metrics.iter_mut().for_each(|metric| metric.reset());
        trainer.metrics = metrics;
        let data = if let Feed::Set(data) = &feed { Some(*data) } else { None };
        for data in [data, trainer.validation].into_iter().flatten() {
            check_metrics(&trainer.metrics, &data.targets)?;
        }
        let most = feed.len().max(trainer.validation.map_or(0, Dataset::len));
        let capacity = trainer.batch_size.min(most);
        let earlier_epochs = trainer.earlier_epochs;
        let seed = seed_of_passes(trainer.seed, earlier_epochs);
        let mut training = Training::on(trainer.device.clone(), net, capacity)?.seed(seed);
        training.set_carrying(trainer.carry_state)?;
        trainer.tuning.set_up(&trainer.optimizer, &mut training)?;
        training.begin_epoch(0)?;
        let history = History { metrics: trainer.metrics.iter().map(|m| m.name()).collect(), ..History::default() };
        let (loss, seconds, learning_rate) = (0.0, 0.0, 0.0);
        let (best, plateau) = (None, PlateauState::default());
        let state = State {
            epoch: 0,
            batch: 0,
            loss,
            losses: 0,
            seconds,
            learning_rate,
            history,
            best,
            plateau,
            earlier_epochs,
        };
        let (mut order, outputs) = (reserved(feed.len())?, M::Output::samples(capacity));
        order.resize(feed.len(), 0);
        let inputs = data.into_iter().flat_map(|data| &data.inputs).filter(|_| trainer.similar_lengths);
        let lengths = inputs.map(|input| DIMENSIONS.into_iter().map(|k| rows_of(input, k)).sum()).collect();
        let asynchronous = Training::<M, D>::ASYNCHRONOUS && trainer.on_step.is_empty();
        let (best_weights, unsaved) = (None, None);
        let folder = trainer.tensorboard.as_deref();
        let board = folder.map(|folder| Board::create(folder, trainer.validation.is_some())).transpose()?;
        let monitor = trainer.watch.map(Monitor::new);
        let mut run = Run {
            trainer,
            net,
            feed,
            training,
            state,
            best_weights,
            unsaved,
            board,
            monitor,
            #[cfg(feature = "ctrl-c")]
            ctrl_c: None,
            order,
            lengths,
            outputs,
            asynchronous,
            step_loss: (0.0, 0),
        };
        if let Some(path) = run.trainer.resume.take() {
            run.resume(&path)?;
        }
        check_checkpoint(run.trainer)?;
        #[cfg(feature = "ctrl-c")]
        if run.trainer.ctrl_c {
            run.ctrl_c = Some(super::ctrl_c::Listening::start().map_err(|error| crate::Error::Setting {
                setting: "stop_on_ctrl_c",
                of: "Trainer",
                expected: "off on this system".into(),
                found: format!("on: {error}"),
            })?);
        }
        Ok(run)
    }

    pub fn run(mut self) -> Result<History, TrainError> {
        let mut progress = Progress::new(self.trainer.quiet, self.trainer.epochs);
        let (changes, next) = (&self.state.history.changes, self.training.steps() + 1);
        progress.changes(&changes[changes.partition_point(|change| change.since < next)..]);
        let trained = self.train(&mut progress);
        let begun = self.state.epoch + usize::from(trained.is_err() || self.state.batch > 0);
        self.trainer.earlier_epochs = self.state.earlier_epochs.wrapping_add(begun as u64);
        if trained.is_err() {
            self.state.history.ended = Ended::Failed;
            // An error of this checkpoint is ignored: the error that ended the training is the one to report.
            let _ = self.save_last_epoch();
        }
        // A resumed training with early stopping may have best weights from its checkpoint.
        if let Some(weights) = self.best_weights.as_ref().filter(|_| self.trainer.patience.is_some()) {
            flat_mut(std::slice::from_mut(self.net)).copy_from_slice(flat(std::slice::from_ref(&**weights)));
            self.state.history.best = self.state.best.map(|best| best.epoch);
        }
        let history = self.state.history;
        progress.finish(&history);
        match trained {
            Ok(()) => Ok(history),
            Err(error) => Err(TrainError::new(error, history)),
        }
    }
    /// Trains until something ends the training. The network then has the weights of the last epoch, or of the last step if that is
    /// later.
    fn train(&mut self, progress: &mut Progress) -> Result<()> {
        let mut ended = self.early();
        while ended.is_none() && self.state.epoch < self.trainer.epochs {
            ended = self.epoch(progress)?;
        }
        self.state.history.ended = ended.unwrap_or_default();
        // In the middle of an epoch the host does not have the latest weights yet.
        self.training.store_average(self.net)?;
        if matches!(ended, Some(Ended::Callback | Ended::Interrupted))
            || !matches!(self.trainer.every, Every::Epochs(1))
        {
            self.save(None)?;
        }
        Ok(())
    }

    pub(super) fn batches(&self) -> usize {
        let (samples, size) = (self.feed.len(), self.trainer.batch_size);
        if self.trainer.drops_last() { samples / size } else { samples.div_ceil(size) }
    }
    /// Returns the number of steps that the first `batches` of an epoch take.
    pub(super) fn steps_of(&self, batches: usize) -> usize {
        batches.div_ceil(self.trainer.accumulate)
    }
    /// Returns the number of samples that an epoch trains.
    fn samples(&self) -> usize {
        self.feed.len().min(self.batches() * self.trainer.batch_size)
    }
    /// Trains the rest of an epoch; returns the reason if training ends.
    fn epoch(&mut self, progress: &mut Progress) -> Result<Option<Ended>> {
        let (start, batches) = (Instant::now(), self.batches());
        let before = self.state.seconds;
        self.order.iter_mut().enumerate().for_each(|(i, slot)| *slot = i);
        // The order of an epoch depends only on the seed and its number, not on earlier epochs.
        let seed = epoch_seed(self.trainer.seed, self.state.earlier_epochs.wrapping_add(self.state.epoch as u64));
        if let Some(sampler) = &self.trainer.sampler {
            sampler.draw(seed, &mut self.order);
        } else if self.trainer.shuffles() {
            if self.trainer.similar_lengths {
                self.order = similar_lengths(&self.lengths, self.trainer.batch_size, seed);
            } else {
                Rng::new(seed).shuffle(&mut self.order);
            }
        }
        if self.state.batch == 0 {
            self.training.start_anew();
        }
        self.training.begin_epoch(self.state.epoch)?;
        self.feed.begin(seed, self.state.batch, batches, &self.order);
        progress.begin(self.state.epoch, batches, self.state.batch);
        let (mut pending, mut stopped) = (None, None);
        while self.state.batch < batches {
            let warnings = self.state.history.warnings.len();
            let newest = self.begin_batch(batches)?;
            progress.warn(&self.state.history.warnings[warnings..]);
            let steps = newest.steps;
            let due = if self.asynchronous { pending.replace(newest) } else { Some(newest) };
            let flow = due.map_or(Ok(Flow::Continue), |due| self.finish_batch(due, pending.as_ref(), progress))?;
            self.state.seconds = before + start.elapsed().as_secs_f64();
            if !steps {
                // A training ends, and is saved, only after a whole step: gradients are in no checkpoint.
                continue;
            }
            let asked = self.is_interrupted();
            // After its last step, an epoch is validated and recorded before the training ends.
            let finishes = flow == Flow::Stop && self.state.batch == batches && !asked;
            stopped = finishes.then_some(Ended::Callback);
            let ends = asked || flow == Flow::Stop && !finishes;
            let saves = matches!(self.trainer.every, Every::Steps(n) if self.training.steps().is_multiple_of(n));
            if let Some(last) = pending.take_if(|_| ends || saves || self.state.batch == batches) {
                self.finish_batch(last, None, progress)?;
            }
            if ends {
                progress.pause();
                return Ok(Some(if asked { Ended::Interrupted } else { Ended::Callback }));
            }
            if saves {
                // After an error from here on, the network still has the weights of an epoch and not of a step.
                let mut now = zeroed_box();
                self.training.store(&mut now)?;
                self.save(Some(&now))?;
            }
        }
        self.state.seconds = before + start.elapsed().as_secs_f64();
        let samples_per_second = per_second(self.samples(), self.state.seconds);
        let train = self.scores();
        progress.validate();
        let clock = Instant::now();
        if let Some(average @ WeightAverage::Equal { from_epoch }) = self.trainer.average
            && self.state.epoch + 1 >= from_epoch
        {
            self.training.average(average)?;
        }
        self.training.swap_average();
        let validation = self.trainer.validation.map(|data| self.validate(data)).transpose();
        self.training.swap_average();
        let validation = validation?;
        let seconds = self.state.seconds + clock.elapsed().as_secs_f64();
        let row = Epoch {
            epoch: self.state.epoch + 1,
            steps: self.training.steps(),
            learning_rate: self.state.learning_rate,
            seconds,
            samples_per_second,
            waiting: self.feed.take_waiting(),
            train,
            validation,
        };
        progress.end(&row, &self.state.history.metrics);
        if let Some(monitor) = &mut self.monitor {
            let warnings = self.state.history.warnings.len();
            monitor.epoch(&mut self.state.history.warnings);
            progress.warn(&self.state.history.warnings[warnings..]);
        }
        Ok(self.finish(row)?.or(stopped))
    }

    /// Returns true if the flag is set, or Ctrl-C was pressed.
    fn is_interrupted(&self) -> bool {
        #[cfg(feature = "ctrl-c")]
        if self.ctrl_c.as_ref().is_some_and(|listening| listening.pressed()) {
            return true;
        }
        self.trainer.interrupt.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
    /// Returns the loss and metrics of the samples since the last call, and clears their sums.
    pub(super) fn scores(&mut self) -> Scores {
        let scores = Scores {
            loss: std::mem::take(&mut self.state.loss) / std::mem::take(&mut self.state.losses) as f64,
            metrics: self.trainer.metrics.iter().map(|m| m.value()).collect(),
        };
        self.state.history.confusion = self.trainer.metrics.iter().find_map(|m| m.confusion()).cloned();
        self.trainer.metrics.iter_mut().for_each(|m| m.reset());
        scores
    }

    /// Finishes an epoch: records its row, keeps the best weights, calls the callbacks, and writes a checkpoint.
    fn finish(&mut self, row: Epoch) -> Result<Option<Ended>> {
        self.training.store_average(self.net)?;
        (self.state.epoch, self.state.batch, self.state.seconds) = (row.epoch, 0, 0.0);
        let loss = row.validation.as_ref().unwrap_or(&row.train).loss;
        if let Some(plateau) = self.trainer.plateau {
            plateau.observe(loss, &mut self.state.plateau);
        }
        if self.trainer.patience.is_some() && self.state.best.as_ref().is_none_or(|best| loss < best.loss) {
            self.state.best = Some(Best { epoch: row.epoch, loss });
            let weights = &mut **self.best_weights.get_or_insert_with(zeroed_box);
            flat_mut(std::slice::from_mut(weights)).copy_from_slice(flat(std::slice::from_ref(&*self.net)));
        }
        if let Some(board) = &mut self.board {
            board.write(&row, &self.state.history.metrics, self.net, &self.training)?;
        }
        self.state.history.epochs.push(row);
        let mut flow = Flow::Continue;
        if let Some(row) = self.state.history.epochs.last() {
            let event = EpochEnd { row, history: &self.state.history, net: &*self.net };
            flow = self.trainer.on_epoch.iter_mut().map(|callback| callback(&event)).fold(flow, stronger);
        }
        if matches!(self.trainer.every, Every::Epochs(n) if self.state.epoch.is_multiple_of(n)) {
            self.save(None)?;
        } else if self.trainer.checkpoint.is_some() {
            self.unsaved = Some((self.training.snapshot()?, self.seen()));
        }
        Ok(self.early().or((flow == Flow::Stop).then_some(Ended::Callback)))
    }

    /// Returns the end of the training if the best epoch is too long ago.
    fn early(&self) -> Option<Ended> {
        let (patience, best) = (self.trainer.patience?, self.state.best.as_ref()?);
        let ended = Ended::EarlyStopping { best_epoch: best.epoch, patience };
        (self.state.epoch - best.epoch >= patience.max(1)).then_some(ended)
    }
}

pub(super) fn stronger(a: Flow, b: Flow) -> Flow {
    if a == Flow::Stop { a } else { b }
}

/// Returns the seed of dropout and noise for a training after `earlier_epochs` epochs of earlier trainings by the same trainer.
pub(super) fn seed_of_passes(seed: u64, earlier_epochs: u64) -> u64 {
    if earlier_epochs == 0 { seed } else { splitmix64(seed, earlier_epochs) }
}

/// Returns the seed for the order of one epoch. It differs from those of other epochs, and from the seed of the initial weights.
pub(super) fn epoch_seed(seed: u64, epoch: u64) -> u64 {
    seed.wrapping_add(epoch.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
