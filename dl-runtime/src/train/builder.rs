//! The methods of the trainer that set one setting each.

use super::event::{EpochEnd, Flow, StepEnd};
use super::trainer::{Every, Trainer};
use crate::data::{Dataset, WeightedSampler};
use crate::metrics::Metric;
use crate::network::Row;
use crate::ops::Device;
use crate::optim::schedule::Plateau;
use crate::optim::{Clip, Schedule, Unit, WeightAverage};
use crate::session::ExternalLoss;
use crate::tensor::Pack;
use crate::{Carries, Passes};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Rebuilds the trainer with one field of another type.
macro_rules! with {
    ($trainer:ident, $($field:ident),*) => {
        Trainer {
            $($field,)*
            epochs: $trainer.epochs,
            batch_size: $trainer.batch_size,
            accumulate: $trainer.accumulate,
            drop_last: $trainer.drop_last,
            seed: $trainer.seed,
            earlier_epochs: $trainer.earlier_epochs,
            shuffle: $trainer.shuffle,
            similar_lengths: $trainer.similar_lengths,
            sampler: $trainer.sampler,
            loaders: $trainer.loaders,
            carry_state: $trainer.carry_state,
            quiet: $trainer.quiet,
            clip: $trainer.clip,
            average: $trainer.average,
            schedule: $trainer.schedule,
            plateau: $trainer.plateau,
            tuning: $trainer.tuning,
            validation: $trainer.validation,
            metrics: $trainer.metrics,
            patience: $trainer.patience,
            checkpoint: $trainer.checkpoint,
            every: $trainer.every,
            resume: $trainer.resume,
            tensorboard: $trainer.tensorboard,
            watch: $trainer.watch,
            on_step: $trainer.on_step,
            on_epoch: $trainer.on_epoch,
            interrupt: $trainer.interrupt,
            #[cfg(feature = "ctrl-c")]
            ctrl_c: $trainer.ctrl_c,
        }
    };
}

impl<'a, M: Passes, T: Pack, O, L, D> Trainer<'a, M, T, O, L, D> {
    /// Sets the loss to minimise. A model with a `loss` clause does not need one.
    #[must_use]
    pub fn loss<N>(self, loss: N) -> Trainer<'a, M, T, O, ExternalLoss<N>, D> {
        let (optimizer, device, loss) = (self.optimizer, self.device, ExternalLoss(loss));
        with!(self, optimizer, loss, device)
    }
    /// Sets the device to train on. By default it is the CPU with all its threads; `Cpu::with_threads(2)` uses two of them.
    #[must_use]
    pub fn on<N: Device>(self, device: N) -> Trainer<'a, M, T, O, L, N> {
        let (optimizer, loss) = (self.optimizer, self.loss);
        with!(self, optimizer, loss, device)
    }
    /// Sets the number of epochs, which is the number of passes over the training set; the default is 10.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }
    /// Sets the number of samples in one batch; the default is 32, and each batch is a step ([`Trainer::accumulate`]). The last batch of an
    /// epoch may be smaller, or it is dropped ([`Trainer::drop_last`]).
    #[must_use]
    pub fn batch_size(mut self, samples: usize) -> Self {
        self.batch_size = samples;
        self
    }
    /// Takes a step only after every `batches` batches, with the gradients of the mean loss over all their samples: as if they were one batch,
    /// to rounding, with the memory of one of them. (Statistics of a batch, such as those of `batch_norm`, still belong to each batch.) The
    /// default is 1. The rest of an epoch takes a step too. Schedules, histories, callbacks and checkpoints count steps.
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::Setting`](crate::Error::Setting) for 0.
    #[must_use]
    pub fn accumulate(mut self, batches: usize) -> Self {
        self.accumulate = batches;
        self
    }
    /// Sets whether the last batch of each epoch is dropped if it is not full; by default it is trained too. With shuffling, each epoch
    /// drops different samples, and the numbers of an epoch are averages over the samples that were trained. Validation always uses all
    /// samples.
    ///
    /// `batch_norm` on features, and losses that compare the samples of a batch (`nt_xent`), need at least two samples in each batch.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = Some(drop_last);
        self
    }
    /// Sets the seed of shuffling, dropout and noise; the default is 0.
    ///
    /// A new trainer with the same seed draws the same random numbers again. A trainer that calls [`Trainer::fit`] several times
    /// continues instead: its next epoch has the order that it would have had in one long training. Setting the seed starts the sequence
    /// again.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        (self.seed, self.earlier_epochs) = (seed, 0);
        self
    }
    /// Sets whether each epoch uses the samples in a new random order; the default is true.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = Some(shuffle);
        self
    }
    /// Sets whether the samples of a batch have similar lengths, by the rows of all their sequences together; the default is false. Each
    /// epoch is still shuffled, in the order of [`similar_lengths`](crate::data::similar_lengths); without shuffling this has no effect.
    ///
    /// It saves time where a layer waits for the longest sequence of a batch, such as `lstm`. The batch of the longest samples needs more
    /// memory than mixed ones. Samples of similar lengths are often similar in other ways, so that the steps differ more from each other.
    #[must_use]
    pub fn similar_lengths(mut self, similar_lengths: bool) -> Self {
        self.similar_lengths = similar_lengths;
        self
    }
    /// Draws the samples of each epoch by their weights, with replacement, instead of each of them once: rare classes as often as frequent
    /// ones with [`WeightedSampler::balanced`].
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::Setting`](crate::Error::Setting) unless the sampler has a weight for each sample of the training
    /// set, and where it is combined with `shuffle(false)`, `similar_lengths` or `carry_state`, which set another order.
    #[must_use]
    pub fn sampler(mut self, sampler: WeightedSampler) -> Self {
        self.sampler = Some(sampler);
        self
    }
    /// Sets the number of threads that make the samples of [`Trainer::fit_source`] ahead of the steps; the default is 2. Each makes whole
    /// batches, and the results do not depend on the number. A source that is an iterator has one thread.
    #[must_use]
    pub fn loaders(mut self, threads: usize) -> Self {
        self.loaders = threads;
        self
    }
    /// Sets whether the state of recurrent layers is carried from batch to batch (*truncated back-propagation through time*; Keras calls it
    /// `stateful`): sample `i` of a batch continues sample `i` of the batch before, as [`Training::carry_state`](crate::Training::carry_state)
    /// says. [`data::streams`](crate::data::streams) and [`data::text::streams`](crate::data::text::streams) put the windows of a long
    /// series into that order.
    ///
    /// Batches are then in the order of the data, and the last one of an epoch is dropped if it is not full. Each epoch starts from zero,
    /// and so does each sample of validation.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Carries + dl::Model<Input = [u32; 32], Output = [[f32; 32]; 65]>>(text: &[u32]) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// // 16 streams through the text, in windows of 32 tokens.
    /// let data = dl::data::text::streams::<32>(text, 16)?;
    /// let mut net = Net::init(42);
    /// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).batch_size(16).carry_state(true).fit(&mut net, &data)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::Setting`](crate::Error::Setting) where it is combined with `shuffle(true)` or `drop_last(false)`.
    #[must_use]
    pub fn carry_state(mut self, carry: bool) -> Self
    where
        M: Carries,
    {
        self.carry_state = carry;
        self
    }
    /// Returns whether each epoch uses the samples in a new random order.
    pub(super) fn shuffles(&self) -> bool {
        self.shuffle.unwrap_or(!self.carry_state)
    }
    /// Returns whether the last batch of each epoch is dropped if it is not full.
    pub(super) fn drops_last(&self) -> bool {
        self.drop_last.unwrap_or(self.carry_state)
    }
    /// Clips the gradients before each step.
    #[must_use]
    pub fn clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }
    /// Keeps an average of the weights beside them: exponential over the steps, or equal over the last epochs.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # type Digits = dl::data::Dataset<dl::data::Digit, u32>;
    /// # fn example<Net: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>(net: &mut Net, data: &Digits) -> dl::Result<()> {
    /// use dl::optim::WeightAverage;
    /// use dl::prelude::*;
    /// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).average(WeightAverage::ema(0.999)).fit(net, data)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// As soon as there is an average, it alone is what counts outside of the steps: it is validated, early stopping compares and keeps it,
    /// [`EpochEnd::net`] is it, and [`Trainer::fit`] leaves it in the network. The scores of the training set are those of the weights during
    /// the steps. Checkpoints contain both, the weights under their own names and the average as `average.<tensor>`.
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::Setting`](crate::Error::Setting) for a setting of the average that is out of range.
    #[must_use]
    pub fn average(mut self, average: WeightAverage) -> Self {
        self.average = Some(average);
        self
    }
    /// Changes the learning rate during training; the position of the schedule is counted in steps.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'a) -> Self {
        self.schedule = Some((Box::new(schedule), Unit::Steps));
        self
    }
    /// Changes the learning rate at every step; the position of the schedule is counted in epochs, with fractions.
    #[must_use]
    pub fn schedule_by_epoch(mut self, schedule: impl Schedule + 'a) -> Self {
        self.schedule = Some((Box::new(schedule), Unit::Epochs));
        self
    }
    /// Reduces the learning rate when the validation loss (or the training loss, if there is no validation set) has stopped falling; with
    /// a schedule too, the factors are multiplied.
    #[must_use]
    pub fn plateau(mut self, plateau: Plateau) -> Self {
        self.plateau = Some(plateau);
        self
    }
    /// Computes the loss and the metrics of this data set after each epoch.
    #[must_use]
    pub fn validate(mut self, data: &'a Dataset<M::Input, T>) -> Self {
        self.validation = Some(data);
        self
    }
    /// Reports this metric too, in addition to those that the loss reports by default.
    #[must_use]
    pub fn metric(mut self, metric: impl Metric<Row<M::Output>, Row<T>> + 'static) -> Self {
        self.metrics.push(Box::new(metric));
        self
    }
    /// Stops the training when the validation loss (or the training loss, if there is no validation set) has not become smaller for
    /// `patience` epochs. The network gets the weights of its best epoch, however the training ends; [`Trainer::fit`] describes the case
    /// of errors.
    #[must_use]
    pub fn early_stopping(mut self, patience: usize) -> Self {
        self.patience = Some(patience);
        self
    }
    /// Writes a checkpoint to this file, atomically, after each epoch ([`Trainer::checkpoint_every`]) and at the end. If an error ends
    /// the training, the file contains the last finished epoch, or a later step.
    #[must_use]
    pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(path.into());
        self
    }
    /// Sets how often a checkpoint is written; the default is after every epoch.
    #[must_use]
    pub fn checkpoint_every(mut self, every: Every) -> Self {
        self.every = every;
        self
    }
    /// Lets the next `fit` continue the training that wrote this checkpoint, as if it had never been interrupted.
    ///
    /// Settings may be others than those of the checkpoint, except for the model, the type of the optimizer and the list of metrics. What
    /// differs is printed and recorded in [`History::changes`](super::History::changes). If the batches or their order differ, an epoch
    /// that was not finished begins anew. An average of another kind begins anew, and so do the buffers of settings of the optimizer that
    /// were off before. The settings of a loss, the weights of a sampler, closures and the samples themselves are not compared.
    #[must_use]
    pub fn resume(mut self, path: impl Into<PathBuf>) -> Self {
        self.resume = Some(path.into());
        self
    }
    /// Writes event files for TensorBoard to this folder: after each epoch the loss, all metrics, the learning rate, and histograms of
    /// the weights and the gradients of each tensor that is not frozen. The gradients are those of the last step, after clipping.
    ///
    /// The folder gets two folders, `train` and `validation`, as those of Keras, and `tensorboard --logdir FOLDER` draws both curves of
    /// a number in one chart; the steps are those of the training. Every `fit` adds its own files. [`EventFile`] writes other events.
    ///
    /// [`EventFile`]: crate::tensorboard::EventFile
    #[must_use]
    pub fn tensorboard(mut self, folder: impl Into<PathBuf>) -> Self {
        self.tensorboard = Some(folder.into());
        self
    }
    /// Looks at the gradients of every `steps`-th step, before clipping, and warns once for each layer when they vanish or explode, or when
    /// units are dead. Warnings are printed and recorded in [`History::warnings`](super::History::warnings); [`Cause`](super::Cause) has
    /// their definitions. The results of the training do not change.
    ///
    /// A check takes about as long as copying the weights twice. 10 or 100 is a good choice for `steps`; dead units are counted at the
    /// end of epochs once ten steps were checked.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let mut net = Net::init(42);
    /// let history = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).watch(10).fit(&mut net, &data)?;
    /// for warning in &history.warnings {
    ///     // the gradients of `dense1` vanish since step 30: relative to its weights they are …
    ///     println!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn watch(mut self, steps: u64) -> Self {
        self.watch = Some(steps);
        self
    }
    /// Calls a closure after each step. If it returns [`Flow::Stop`], the training stops. After the last step of an epoch, the epoch is
    /// finished first, with its validation and its row in the history. In the middle of one, the history ends with the epoch before.
    #[must_use]
    pub fn on_step<F: Into<Flow>>(mut self, mut callback: impl FnMut(&StepEnd) -> F + 'a) -> Self {
        self.on_step.push(Box::new(move |event| callback(event).into()));
        self
    }
    /// Calls a closure after each epoch. If it returns [`Flow::Stop`], the training stops.
    #[must_use]
    pub fn on_epoch<F: Into<Flow>>(mut self, mut callback: impl FnMut(&EpochEnd<'_, M>) -> F + 'a) -> Self {
        self.on_epoch.push(Box::new(move |event| callback(event).into()));
        self
    }
    /// Lets Ctrl-C (`SIGINT`) end the training after the current step, with [`Ended::Interrupted`](super::Ended::Interrupted): the
    /// checkpoint is written if a file is set, and with early stopping the network gets the weights of its best epoch. A second Ctrl-C ends
    /// the program at once, and so does one while nothing is trained.
    ///
    /// Once Ctrl-C was pressed, every later training with this setting ends after its first step too, so that a program that trains several
    /// networks comes to its end. [`Trainer::interrupt`] takes a flag of your own instead.
    ///
    /// ```no_run
    /// # use dl_runtime as dl;
    /// # type Digits = dl::data::Dataset<dl::data::Digit, u32>;
    /// # fn example<Net: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>(net: &mut Net, data: &Digits) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).stop_on_ctrl_c().checkpoint("net.checkpoint");
    /// trainer.fit(net, data)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Trainer::fit`] returns [`Error::Setting`](crate::Error::Setting) if the system has no such signal.
    #[cfg(feature = "ctrl-c")]
    #[must_use]
    pub fn stop_on_ctrl_c(mut self) -> Self {
        self.ctrl_c = true;
        self
    }
    /// Stops the training after the current step once another thread or a signal handler sets this flag, and writes a checkpoint if a
    /// file is set. `stop_on_ctrl_c` (feature `ctrl-c`) does so when Ctrl-C is pressed.
    #[must_use]
    pub fn interrupt(mut self, flag: &Arc<AtomicBool>) -> Self {
        self.interrupt = Some(flag.clone());
        self
    }
    /// Turns off all output: the progress bar and the line for each epoch.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }
}
