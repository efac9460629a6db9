//! The trainer: everything about a training that can be said before it begins.

use super::TrainError;
use super::event::{EpochEnd, Flow, StepEnd};
use super::history::{Ended, History};
use super::run::Run;
use crate::data::Dataset;
use crate::device::Cpu;
use crate::metrics::{Metric, Metrics};
use crate::ops::Device;
use crate::optim::{Clip, Optimizer, Schedule};
use crate::session::{Criterion, ExternalLoss, ModelLoss};
use crate::{Network, Passes, Pod, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How often a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// After so many epochs.
    Epochs(usize),
    /// After so many steps, and at the end.
    Steps(u64),
}

/// What the position of a schedule is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Steps,
    Epochs,
}

type OnStep<'a> = Box<dyn FnMut(&StepEnd) -> Flow + 'a>;
type OnEpoch<'a, M> = Box<dyn FnMut(&EpochEnd<'_, M>) -> Flow + 'a>;

/// Trains a network on a data set.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>() -> dl::Result<()> {
/// use dl::prelude::*;
/// let digits = dl::data::digits();
/// let mut net = LeNet::init(42);
/// let history = Trainer::new(Adam::new(1e-3))
///     .loss(CrossEntropy)
///     .epochs(20)
///     .batch_size(64)
///     .validate(&digits.test)
///     .fit(&mut net, &digits.train)?;
/// history.plot_svg("digits.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// The same settings, data and seed give the same bits on any number of threads, and when a training is interrupted and
/// resumed from its checkpoint. Only times differ.
pub struct Trainer<'a, M: Passes, T, O, L = ModelLoss, D = Cpu> {
    pub(super) optimizer: O,
    pub(super) loss: L,
    pub(super) device: D,
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) drop_last: bool,
    pub(super) seed: u64,
    /// Epochs that earlier calls of `fit` began.
    pub(super) earlier_epochs: u64,
    pub(super) shuffle: bool,
    pub(super) quiet: bool,
    pub(super) clip: Option<Clip>,
    pub(super) schedule: Option<(Box<dyn Schedule + 'a>, Unit)>,
    pub(super) validation: Option<&'a Dataset<M::Input, T>>,
    pub(super) metrics: Metrics<M::Output, T>,
    pub(super) patience: Option<usize>,
    pub(super) checkpoint: Option<PathBuf>,
    pub(super) every: Every,
    pub(super) resume: Option<PathBuf>,
    pub(super) on_step: Vec<OnStep<'a>>,
    pub(super) on_epoch: Vec<OnEpoch<'a, M>>,
    pub(super) interrupt: Option<Arc<AtomicBool>>,
}

impl<M: Passes, T, O: Optimizer> Trainer<'_, M, T, O> {
    /// A training with an optimizer: 10 epochs, batches of 32, shuffled, on all threads of the CPU.
    pub fn new(optimizer: O) -> Self {
        Trainer {
            optimizer,
            loss: ModelLoss,
            device: Cpu::new(),
            epochs: 10,
            batch_size: 32,
            drop_last: false,
            seed: 0,
            earlier_epochs: 0,
            shuffle: true,
            quiet: false,
            clip: None,
            schedule: None,
            validation: None,
            metrics: Vec::new(),
            patience: None,
            checkpoint: None,
            every: Every::Epochs(1),
            resume: None,
            on_step: Vec::new(),
            on_epoch: Vec::new(),
            interrupt: None,
        }
    }
}

/// The same trainer with one field of another type.
macro_rules! with {
    ($trainer:ident, $($field:ident),*) => {
        Trainer {
            $($field,)*
            epochs: $trainer.epochs,
            batch_size: $trainer.batch_size,
            drop_last: $trainer.drop_last,
            seed: $trainer.seed,
            earlier_epochs: $trainer.earlier_epochs,
            shuffle: $trainer.shuffle,
            quiet: $trainer.quiet,
            clip: $trainer.clip,
            schedule: $trainer.schedule,
            validation: $trainer.validation,
            metrics: $trainer.metrics,
            patience: $trainer.patience,
            checkpoint: $trainer.checkpoint,
            every: $trainer.every,
            resume: $trainer.resume,
            on_step: $trainer.on_step,
            on_epoch: $trainer.on_epoch,
            interrupt: $trainer.interrupt,
        }
    };
}

impl<'a, M: Passes, T, O, L, D> Trainer<'a, M, T, O, L, D> {
    /// What is made small, unless the model has a `loss` clause.
    #[must_use]
    pub fn loss<N>(self, loss: N) -> Trainer<'a, M, T, O, ExternalLoss<N>, D> {
        let (optimizer, device, loss) = (self.optimizer, self.device, ExternalLoss(loss));
        with!(self, optimizer, loss, device)
    }
    /// Where it runs, instead of on all threads of the CPU: `Cpu::with_threads(2)`.
    #[must_use]
    pub fn on<N: Device>(self, device: N) -> Trainer<'a, M, T, O, L, N> {
        let (optimizer, loss) = (self.optimizer, self.loss);
        with!(self, optimizer, loss, device)
    }
    /// How often all samples are seen.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }
    /// Samples in one step; the last batch of an epoch may be smaller, or left out ([`Trainer::drop_last`]).
    #[must_use]
    pub fn batch_size(mut self, samples: usize) -> Self {
        self.batch_size = samples;
        self
    }
    /// Whether the last batch of each epoch is left out where it is not full; at first it is trained too. Shuffled, those are
    /// other samples in each epoch, and the numbers of an epoch are averages over the samples that were trained. Validation
    /// always takes all samples.
    ///
    /// `batch_norm` of features and losses that compare the samples of a batch (`nt_xent`) need at least two in each.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }
    /// What shuffling and dropout come from; 0 at first.
    ///
    /// A trainer made anew with the same seed draws the same again. One that is used for several [`Trainer::fit`] goes on: its
    /// next epoch has the order that it would have had in one long training, until a seed is set again.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        (self.seed, self.earlier_epochs) = (seed, 0);
        self
    }
    /// Whether the samples are in a new random order in each epoch, as they are at first.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }
    /// Cuts gradients down before each step.
    #[must_use]
    pub fn clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }
    /// Changes the learning rate; the schedule's position is counted in steps.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'a) -> Self {
        self.schedule = Some((Box::new(schedule), Unit::Steps));
        self
    }
    /// Changes the learning rate at every step; the schedule's position is counted in epochs and parts of them.
    #[must_use]
    pub fn schedule_by_epoch(mut self, schedule: impl Schedule + 'a) -> Self {
        self.schedule = Some((Box::new(schedule), Unit::Epochs));
        self
    }
    /// Measures loss and metrics on these samples after each epoch.
    #[must_use]
    pub fn validate(mut self, data: &'a Dataset<M::Input, T>) -> Self {
        self.validation = Some(data);
        self
    }
    /// Measures this too, beside what is natural for the loss.
    #[must_use]
    pub fn metric(mut self, metric: impl Metric<M::Output, T> + 'static) -> Self {
        self.metrics.push(Box::new(metric));
        self
    }
    /// Ends when the loss of the validation (without one, of the training) has not become smaller for `patience` epochs,
    /// and gives the network the weights of its best epoch, however the training ends: [`Trainer::fit`] tells of errors.
    #[must_use]
    pub fn early_stopping(mut self, patience: usize) -> Self {
        self.patience = Some(patience);
        self
    }
    /// Writes a checkpoint to this file, atomically, after each epoch ([`Trainer::checkpoint_every`]) and at the end. Where an
    /// error ends the training, the file has the last epoch that was finished, or a later step.
    #[must_use]
    pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(path.into());
        self
    }
    /// How often a checkpoint is written.
    #[must_use]
    pub fn checkpoint_every(mut self, every: Every) -> Self {
        self.every = every;
        self
    }
    /// Lets the next `fit` go on where the training that wrote this checkpoint was, as if it had never stopped.
    #[must_use]
    pub fn resume(mut self, path: impl Into<PathBuf>) -> Self {
        self.resume = Some(path.into());
        self
    }
    /// Calls a closure after each step. What returns [`Flow::Stop`] ends the training.
    #[must_use]
    pub fn on_step<F: Into<Flow>>(mut self, mut callback: impl FnMut(&StepEnd) -> F + 'a) -> Self {
        self.on_step.push(Box::new(move |event| callback(event).into()));
        self
    }
    /// Calls a closure after each epoch. What returns [`Flow::Stop`] ends the training.
    #[must_use]
    pub fn on_epoch<F: Into<Flow>>(mut self, mut callback: impl FnMut(&EpochEnd<'_, M>) -> F + 'a) -> Self {
        self.on_epoch.push(Box::new(move |event| callback(event).into()));
        self
    }
    /// Ends after the current step, with a checkpoint where there is a file for one, once this flag is set by
    /// another thread or a signal handler: `ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))`.
    #[must_use]
    pub fn interrupt(mut self, flag: &Arc<AtomicBool>) -> Self {
        self.interrupt = Some(flag.clone());
        self
    }
    /// Prints nothing: neither a progress bar nor a line per epoch.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Trains `net` (or the network in its `Box`) on `data`.
    ///
    /// Called again, it trains the network further, by an optimizer and a schedule that begin anew, with samples in other
    /// orders and other random numbers of dropout ([`Trainer::seed`]). The history is that of the call.
    ///
    /// # After an error
    /// With [`Trainer::early_stopping`] the network has the weights of its best epoch, otherwise those of the last epoch that was
    /// finished; if there is none, those that the training began with. Where a training has ended and only its last checkpoint
    /// cannot be written, the last step counts as an epoch. [`TrainError::history`] has the epochs that were finished, and the
    /// file of [`Trainer::checkpoint`] can be resumed.
    ///
    /// # Errors
    /// Before anything is computed: [`Error::Empty`](crate::Error::Empty) and [`Error::DataSet`](crate::Error::DataSet) about the data
    /// sets: their lengths, numbers that are not finite, tokens out of range, and what
    /// [`Loss::check`](crate::ops::loss::Loss::check) says about targets. [`Error::SmallBatch`](crate::Error::SmallBatch) about a batch
    /// that is too small for a layer or the loss, [`Error::Setting`](crate::Error::Setting) about settings,
    /// [`Error::Io`](crate::Error::Io) about a checkpoint that cannot be written, and for one that should go on those of reading it and
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) where it is another training's. Then
    /// [`Error::NotFinite`](crate::Error::NotFinite) with step and layer when numbers overflow, and whatever writing a
    /// checkpoint meets.
    pub fn fit<N: Network<Model = M>>(
        &mut self,
        net: &mut N,
        data: &Dataset<M::Input, T>,
    ) -> Result<History, TrainError>
    where
        T: Pod,
        O: Optimizer,
        L: Criterion<M, Target = T>,
        D: Device,
    {
        let nothing = || History { ended: Ended::Failed, ..History::default() };
        Run::new(self, net.network_mut(), data).map_err(|error| TrainError::new(error, nothing()))?.run()
    }
}
