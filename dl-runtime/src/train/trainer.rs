//! The trainer: the settings of a training with their defaults, and `fit`, which runs it.

use super::TrainError;
use super::event::{EpochEnd, Flow, StepEnd};
use super::feed::{Closing, Feed, Prefetch};
use super::history::{Ended, History};
use super::run::Run;
use super::spawn::spawn;
use super::tuning::Tuning;
use crate::data::{Dataset, Source, WeightedSampler};
use crate::device::Cpu;
use crate::metrics::Metrics;
use crate::network::Row;
use crate::ops::Device;
use crate::optim::schedule::Plateau;
use crate::optim::{Clip, Optimizer, Schedule, Unit, WeightAverage};
use crate::session::{Criterion, ModelLoss};
use crate::tensor::Pack;
use crate::{Network, Passes, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The interval between checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A checkpoint after every `n` epochs.
    Epochs(usize),
    /// A checkpoint after every `n` steps, and one at the end.
    Steps(u64),
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
/// The same settings, data and seed give bit-identical results on any number of threads, and also when a training is interrupted and
/// resumed from its checkpoint. Only times differ.
pub struct Trainer<'a, M: Passes, T: Pack, O, L = ModelLoss, D = Cpu> {
    pub(super) optimizer: O,
    pub(super) loss: L,
    pub(super) device: D,
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    /// The number of batches in a step.
    pub(super) accumulate: usize,
    /// `None` where the default holds.
    pub(super) drop_last: Option<bool>,
    pub(super) seed: u64,
    /// The number of epochs that earlier calls of `fit` started.
    pub(super) earlier_epochs: u64,
    /// `None` where the default holds.
    pub(super) shuffle: Option<bool>,
    pub(super) similar_lengths: bool,
    pub(super) sampler: Option<WeightedSampler>,
    pub(super) loaders: usize,
    pub(super) carry_state: bool,
    pub(super) quiet: bool,
    pub(super) clip: Option<Clip>,
    pub(super) average: Option<WeightAverage>,
    pub(super) schedule: Option<(Box<dyn Schedule + 'a>, Unit)>,
    pub(super) plateau: Option<Plateau>,
    pub(super) tuning: Tuning,
    pub(super) validation: Option<&'a Dataset<M::Input, T>>,
    pub(super) metrics: Metrics<Row<M::Output>, Row<T>>,
    pub(super) patience: Option<usize>,
    pub(super) checkpoint: Option<PathBuf>,
    pub(super) every: Every,
    pub(super) resume: Option<PathBuf>,
    pub(super) tensorboard: Option<PathBuf>,
    pub(super) watch: Option<u64>,
    pub(super) on_step: Vec<OnStep<'a>>,
    pub(super) on_epoch: Vec<OnEpoch<'a, M>>,
    pub(super) interrupt: Option<Arc<AtomicBool>>,
    /// True if Ctrl-C ends the training.
    #[cfg(feature = "ctrl-c")]
    pub(super) ctrl_c: bool,
}

impl<M: Passes, T: Pack, O: Optimizer> Trainer<'_, M, T, O> {
    /// Creates a trainer with this optimizer: 10 epochs, batches of 32 samples, shuffled, on all threads of the CPU.
    pub fn new(optimizer: O) -> Self {
        Trainer {
            optimizer,
            loss: ModelLoss,
            device: Cpu::new(),
            epochs: 10,
            batch_size: 32,
            accumulate: 1,
            drop_last: None,
            seed: 0,
            earlier_epochs: 0,
            shuffle: None,
            similar_lengths: false,
            sampler: None,
            loaders: 2,
            carry_state: false,
            quiet: false,
            clip: None,
            average: None,
            schedule: None,
            plateau: None,
            tuning: Tuning::default(),
            validation: None,
            metrics: Vec::new(),
            patience: None,
            checkpoint: None,
            every: Every::Epochs(1),
            resume: None,
            tensorboard: None,
            watch: None,
            on_step: Vec::new(),
            on_epoch: Vec::new(),
            interrupt: None,
            #[cfg(feature = "ctrl-c")]
            ctrl_c: false,
        }
    }
}

impl<M: Passes, T: Pack, O, L, D> Trainer<'_, M, T, O, L, D> {
    /// Trains `net` (or the network in its `Box`) on `data`.
    ///
    /// A second call trains the network further. The optimizer and the schedule start again, while the order of samples and the random
    /// numbers of dropout are new ([`Trainer::seed`]). Each call returns its own history.
    ///
    /// # After an error
    /// With [`Trainer::early_stopping`], the network has the weights of its best epoch. Otherwise it has those of the last finished
    /// epoch, or its initial weights if no epoch was finished. If the training has ended and only its last checkpoint cannot be written,
    /// the last step counts as an epoch. [`TrainError::history`] returns the finished epochs, and training can be resumed from the file
    /// of [`Trainer::checkpoint`].
    ///
    /// # Errors
    /// These are returned before anything is computed: [`Error::Empty`](crate::Error::Empty) and
    /// [`Error::DataSet`](crate::Error::DataSet) for the data sets (their lengths, numbers that are not finite, tokens out of range, and
    /// the errors of [`Loss::check`](crate::ops::loss::Loss::check) about targets); [`Error::SmallBatch`](crate::Error::SmallBatch) for a
    /// batch that is too small for a layer or the loss; [`Error::Setting`](crate::Error::Setting) for settings;
    /// [`Error::Io`](crate::Error::Io) for a checkpoint that cannot be written; and, when a checkpoint is resumed, the errors of reading
    /// it and [`Error::Checkpoint`](crate::Error::Checkpoint) if it belongs to another training. During training,
    /// [`Error::NotFinite`](crate::Error::NotFinite) names the step and the layer where numbers overflowed, and checkpoints return the
    /// errors of writing files.
    pub fn fit<N: Network<Model = M>>(
        &mut self,
        net: &mut N,
        data: &Dataset<M::Input, T>,
    ) -> Result<History, TrainError>
    where
        O: Optimizer,
        L: Criterion<M, Target = T>,
        D: Device,
    {
        self.train(net.network_mut(), Feed::Set(data))
    }
    /// Trains `net` on samples that a [`Source`] makes while the training runs: an augmented data set, a function, an iterator.
    ///
    /// [`Trainer::loaders`] threads make the batches ahead of the steps that train them. The random numbers of a sample depend only on the
    /// seed of the trainer, the epoch, and the place of the sample in it, so that any number of threads gives the same bits.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<LeNet: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>() -> dl::Result<()> {
    /// use dl::data::augment;
    /// use dl::prelude::*;
    /// let digits = dl::data::digits();
    /// let shifted = digits.train.augmented(|image, rng, to| {
    ///     *to = *image;
    ///     augment::crop(to, 1, rng);
    /// });
    /// let mut net = LeNet::init(42);
    /// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).validate(&digits.test).fit_source(&mut net, &shifted)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Trainer::fit`], except that those about samples come when their batch is trained, as an
    /// [`Error::DataSet`](crate::Error::DataSet) about the `batch`; and the errors of the source.
    pub fn fit_source<N: Network<Model = M>, S>(&mut self, net: &mut N, source: &S) -> Result<History, TrainError>
    where
        S: Source<Input = M::Input, Target = T>,
        O: Optimizer,
        L: Criterion<M, Target = T>,
        D: Device,
    {
        let threads = if source.in_order() { self.loaders.min(1) } else { self.loaders };
        let threads = threads.min(source.len().div_ceil(self.batch_size.max(1)));
        let nothing = || History { ended: Ended::Failed, ..History::default() };
        let prefetch = Prefetch::new(source.len(), self.batch_size, threads);
        let prefetch = prefetch.map_err(|error| TrainError::new(error, nothing()))?;
        std::thread::scope(|scope| {
            let _closing = Closing(&prefetch);
            let started = spawn(scope, threads, || prefetch.work(source));
            let make = || _ = prefetch.work_once(source);
            self.train(net.network_mut(), Feed::Source(&prefetch, (started == 0).then_some(&make)))
        })
    }
    fn train(&mut self, net: &mut M, feed: Feed<'_, M::Input, T>) -> Result<History, TrainError>
    where
        O: Optimizer,
        L: Criterion<M, Target = T>,
        D: Device,
    {
        let nothing = || History { ended: Ended::Failed, ..History::default() };
        Run::new(self, net, feed).map_err(|error| TrainError::new(error, nothing()))?.run()
    }
}
