//! Training: weights, gradients and kept values on a device; the steps of a hand-written loop, and of the trainer.

use super::batch::{check_batch, gather, pack, target_buffer};
use super::objective::Own;
use super::optimizer_state::OptimizerState;
use super::results::StepReadback;
use crate::device::Cpu;
use crate::ops::Device;
use crate::ops::loss::Loss;
use crate::optim::{Clip, FiniteCheck, Optimizer, OptimizerStep};
use crate::tensor::Grad;
use crate::tensor::context::mix;
use crate::tensor::pod::flat;
use crate::{Allocator, Context, Error, Model, Network, Pod, Result, View, ViewMut};
use std::any::Any;

type Elements<D, T> = <D as crate::tensor::Storage>::Buffer<<T as Pod>::Element>;

/// A network being trained on a device: its weights, gradients and workspace, for batches of up to a fixed size.
///
/// One step of a hand-written loop is [`forward`](Training::forward), [`loss`](Training::loss),
/// [`backward`](Training::backward), [`step`](Training::step); at the end [`store`](Training::store) brings the weights
/// back. After the first step nothing is allocated.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model<Input = dl::data::Digit, Output = [f32; 10]>>() -> dl::Result<()> {
/// use dl::optim::{Schedule, schedule::Cosine};
/// use dl::prelude::*;
/// let mut data = dl::data::digits().train;
/// let mut net = LeNet::init(42);
/// let (adam, schedule) = (Adam::new(1e-3), Cosine::over(20.0));
/// let mut training = net.training(Cpu::new(), 64)?.seed(7);
/// for epoch in 0..20 {
///     data.shuffle(epoch);
///     let rate = adam.learning_rate() * schedule.factor(epoch as f64);
///     for (inputs, targets) in data.batches(64) {
///         training.forward(inputs)?;
///         training.loss(&CrossEntropy, targets)?;
///         training.backward();
///         training.clip(Clip::Norm(1.0))?;
///         training.step(&adam.with_learning_rate(rate))?;
///     }
/// }
/// training.store(&mut net)?;
/// # Ok(())
/// # }
/// ```
pub struct Training<M: Model, D: Device = Cpu> {
    pub(super) device: D,
    pub(super) samples: usize,
    pub(super) weights: D::Buffer<f32>,
    pub(super) gradients: D::Buffer<f32>,
    pub(super) optimizing: OptimizerState<D>,
    pub(super) memory: M::Training<D>,
    /// Made when first evaluated.
    evaluation: Option<M::Inference<D>>,
    pub(super) input: Elements<D, M::Input>,
    pub(super) d_input: Option<Elements<D, M::Input>>,
    pub(super) output: D::Buffer<f32>,
    pub(super) d_output: D::Buffer<f32>,
    /// A buffer of the elements of the targets, made when first needed.
    pub(super) targets: Option<Box<dyn Any + Send + Sync>>,
    /// What the model's own loss needs, made when first needed.
    pub(super) own: Option<Own<M, D>>,
    pub(super) losses: D::Buffer<f32>,
    /// What came of the device's losses, or terms of the model's own loss, for each sample.
    pub(super) host_numbers: Vec<f32>,
    pub(super) host_losses: Vec<f32>,
    /// How many of them there are.
    pub(super) measured: usize,
    /// The device's watch over finite numbers.
    pub(super) watch: D::Buffer<u32>,
    /// Whether a step was begun that nobody has looked at since.
    pub(super) unseen: bool,
    /// Results on their way to the host, of this step and of the one before.
    pub(super) arrivals: [Option<StepReadback<D>>; 2],
    /// Samples in the current batch.
    pub(super) n: usize,
    pub(super) done: Done,
    /// Whether the last loss was the model's own.
    pub(super) own_loss: bool,
    /// Whether nobody waits for the last loss.
    pub(super) later: bool,
    pub(super) seed: u64,
    pub(super) steps: u64,
}

/// How far the current batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Nothing,
    Evaluated,
    Forward,
    Loss,
    /// The model's own loss.
    Objective,
    Backward,
}

impl<M: Model, D: Device> Training<M, D> {
    /// Prepares `net` for training on `device` with batches of at most `samples`.
    ///
    /// # Errors
    /// [`Error::Setting`] when `samples` is 0, and what the device reports when its memory is full.
    pub fn on<N: Network<Model = M>>(device: D, net: &N, samples: usize) -> Result<Self> {
        check_batch(samples, usize::MAX)?;
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(std::slice::from_ref(net.network())), D::whole_mut(&mut weights))?;
        Ok(Training {
            samples,
            weights,
            gradients: device.zeros(M::LEN)?,
            optimizing: OptimizerState::new(&device, M::TENSORS)?,
            memory: Allocator::allocate(&device, samples, M::training_memory)?,
            evaluation: None,
            input: device.zeros(samples * <M::Input as Pod>::LEN)?,
            d_input: None,
            output: device.zeros(samples * <M::Output as Pod>::LEN)?,
            d_output: device.zeros(samples * <M::Output as Pod>::LEN)?,
            targets: None,
            own: None,
            losses: device.zeros(samples)?,
            host_numbers: vec![0.0; samples],
            host_losses: vec![0.0; samples],
            measured: 0,
            watch: device.zeros(FiniteCheck::WORDS)?,
            unseen: false,
            arrivals: [None, None],
            n: 0,
            done: Done::Nothing,
            own_loss: false,
            later: false,
            seed: 0,
            steps: 0,
            device,
        })
    }
    /// What the random numbers of dropout come from, together with the number of steps taken.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Makes [`Training::backward`] go on to the input: see [`Training::input_gradients`].
    pub fn with_input_gradients(mut self) -> Result<Self> {
        self.d_input = Some(self.device.zeros(self.samples * <M::Input as Pod>::LEN)?);
        Ok(self)
    }
    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }
    /// The most samples in a batch.
    pub fn batch_size(&self) -> usize {
        self.samples
    }

    /// Runs the network on a batch, keeping what [`Training::backward`] needs. Each call moves running statistics (`batch_norm`),
    /// whatever comes after it; not by numbers that are not finite.
    ///
    /// # Errors
    /// [`Error::Setting`] when there are no inputs, or more than the session has room for.
    pub fn forward(&mut self, inputs: &[M::Input]) -> Result<()> {
        M::check_inputs(inputs)?;
        self.enter(inputs.len(), |to| pack(inputs, to))?;
        self.run_forward();
        Ok(())
    }
    /// [`Training::forward`] on the batch that is on the device already: for benches of the device alone.
    ///
    /// # Panics
    /// When there is no batch.
    #[doc(hidden)]
    pub fn forward_again(&mut self) {
        assert!(self.n > 0, "`forward` with inputs comes before `forward_again`");
        self.run_forward();
    }
    /// [`Training::forward`] on the samples of `inputs` with these numbers.
    pub(crate) fn forward_picked(&mut self, inputs: &[M::Input], picked: &[usize]) -> Result<()> {
        self.enter(picked.len(), |to| gather(inputs, picked, to))?;
        self.run_forward();
        Ok(())
    }
    /// Runs the network on a batch as in prediction: no dropout, running statistics, nothing kept.
    ///
    /// # Errors
    /// As [`Training::forward`].
    pub fn evaluate(&mut self, inputs: &[M::Input]) -> Result<()> {
        M::check_inputs(inputs)?;
        self.enter(inputs.len(), |to| pack(inputs, to))?;
        let memory = match &mut self.evaluation {
            Some(memory) => memory,
            none => none.insert(Allocator::allocate(&self.device, self.samples, M::inference_memory)?),
        };
        M::infer(
            &Context { device: &self.device, seed: 0 },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            memory,
            ViewMut::new(D::whole_mut(&mut self.output), self.n),
        );
        self.done = Done::Evaluated;
        Ok(())
    }
    pub(super) fn enter(&mut self, n: usize, write: impl FnOnce(&mut [<M::Input as Pod>::Element])) -> Result<()> {
        check_batch(n, self.samples)?;
        (self.n, self.done) = (n, Done::Nothing);
        self.device.upload_with(ViewMut::<D, M::Input>::new(D::whole_mut(&mut self.input), n).into_data(), write)
    }
    fn run_forward(&mut self) {
        M::forward(
            &Context { device: &self.device, seed: pass_seed(self.seed, self.steps) },
            ViewMut::new(D::whole_mut(&mut self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            &mut self.memory,
            ViewMut::new(D::whole_mut(&mut self.output), self.n),
        );
        self.done = Done::Forward;
    }

    /// The mean loss of the batch after [`Training::forward`] (and with it the gradient at the output) or
    /// [`Training::evaluate`].
    ///
    /// # Errors
    /// What [`Loss::check`] says about the targets; [`Error::NotFinite`] names the step and the first layer where numbers
    /// overflowed; [`Error::UnequalLengths`] unless there is a target for each input.
    ///
    /// # Panics
    /// When there was no forward pass.
    pub fn loss<L: Loss<M::Output>>(&mut self, loss: &L, targets: &[L::Target]) -> Result<f32> {
        loss.check(targets)?;
        self.loss_of(loss, targets.len(), |to| pack(targets, to))?;
        self.read_loss()
    }
    /// [`Training::loss`] for those who need not know it now: the device goes on with the step while the host prepares the
    /// next one. [`Training::wait`] has the mean loss, and what went wrong.
    ///
    /// # Errors
    /// Those of [`Training::loss`] about targets.
    ///
    /// # Panics
    /// When there was no forward pass.
    pub fn loss_later<L: Loss<M::Output>>(&mut self, loss: &L, targets: &[L::Target]) -> Result<()> {
        loss.check(targets)?;
        self.loss_of(loss, targets.len(), |to| pack(targets, to))?;
        self.leave_loss();
        Ok(())
    }
    /// [`Training::loss_later`] with the targets of these numbers, which were checked before.
    pub(crate) fn loss_picked<L: Loss<M::Output>>(
        &mut self,
        loss: &L,
        targets: &[L::Target],
        picked: &[usize],
    ) -> Result<()> {
        self.loss_of(loss, picked.len(), |to| gather(targets, picked, to))?;
        self.leave_loss();
        Ok(())
    }
    fn loss_of<L: Loss<M::Output>>(
        &mut self,
        loss: &L,
        targets: usize,
        write: impl FnOnce(&mut [<L::Target as Pod>::Element]),
    ) -> Result<()> {
        assert!(self.done != Done::Nothing, "`forward` or `evaluate` comes before `loss`");
        if targets != self.n {
            return Err(Error::UnequalLengths { inputs: self.n, targets });
        }
        let len = self.samples * <L::Target as Pod>::LEN;
        let buffer = target_buffer::<D, <L::Target as Pod>::Element>(&self.device, &mut self.targets, len)?;
        self.device.upload_with(ViewMut::<D, L::Target>::new(D::whole_mut(buffer), self.n).into_data(), write)?;
        let (n, wanted) = (self.n, self.done != Done::Evaluated);
        loss.loss(
            &Context { device: &self.device, seed: pass_seed(self.seed, self.steps) },
            View::new(D::whole(&self.output), self.n),
            View::new(D::whole(buffer), self.n),
            ViewMut::new(D::whole_mut(&mut self.losses), self.n),
            wanted.then(|| ViewMut::new(D::whole_mut(&mut self.d_output), n)),
        );
        self.own_loss = false;
        self.done = if wanted { Done::Loss } else { Done::Evaluated };
        Ok(())
    }
    /// The loss of every sample of the batch, after [`Training::loss`] or [`Training::wait`].
    pub fn losses(&self) -> &[f32] {
        &self.host_losses[..self.measured]
    }

    /// The gradients of the loss to all weights, and to the input where asked for.
    ///
    /// # Panics
    /// Unless [`Training::forward`], and [`Training::loss`] or [`Training::objective`] came before.
    pub fn backward(&mut self) {
        if self.done == Done::Objective {
            let backward = self.own.as_ref().expect("made by `objective`").backward;
            backward(self);
            self.done = Done::Backward;
            return;
        }
        assert!(self.done == Done::Loss, "`forward` and `loss` come before `backward`");
        M::backward(
            &Context { device: &self.device, seed: pass_seed(self.seed, self.steps) },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            &mut self.memory,
            View::new(D::whole(&self.output), self.n),
            ViewMut::new(D::whole_mut(&mut self.d_output), self.n),
            Grad::set(ViewMut::new(D::whole_mut(&mut self.gradients), 1)),
            self.d_input.as_mut().map(|d| ViewMut::new(D::whole_mut(d), self.n)),
        );
        self.done = Done::Backward;
    }
    /// Clips the gradients, and returns the norm they had before; `None` for [`Clip::Value`], which computes no norm.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names the first gradient of infinite norm.
    pub fn clip(&mut self, clip: Clip) -> Result<Option<f64>> {
        self.clip_later(clip);
        if matches!(clip, Clip::Value(_)) {
            return Ok(None);
        }
        let norm = self.read_finite_check()?.norm();
        if !norm.is_finite() {
            return Err(self.not_finite_step(self.steps + 1)?);
        }
        Ok(Some(norm))
    }
    /// [`Training::clip`] for those who need not know the norm: [`Training::step`] tells of one that is infinite.
    pub fn clip_later(&mut self, clip: Clip) {
        let (segments, gradients) = (&self.optimizing.segments, D::whole_mut(&mut self.gradients));
        match clip {
            Clip::Norm(limit) => self.device.clip_norm(segments, limit, gradients, D::whole_mut(&mut self.watch)),
            Clip::Value(limit) => self.device.clip_value(segments, limit as f32, gradients),
        }
    }
    /// Moves the weights against the gradients.
    ///
    /// What the optimizer remembers lives in this session; an optimizer of another kind begins anew. A GPU does not wait for
    /// the end of the step: what went wrong in it is reported by the next [`Training::loss`] or [`Training::wait`].
    ///
    /// # Errors
    /// [`Error::NotFinite`] names the first gradient or weight that overflowed. The weights of the session are then no
    /// longer of use: [`Training::reload`] others, or a checkpoint.
    ///
    /// # Panics
    /// Unless [`Training::backward`] came before.
    pub fn step<O: Optimizer>(&mut self, optimizer: &O) -> Result<()> {
        assert!(self.done == Done::Backward, "`backward` comes before `step`");
        let state = &mut self.optimizing;
        state.prepare(&self.device, optimizer, M::LEN)?;
        let moved = OptimizerStep {
            segments: &state.segments,
            weights: D::whole_mut(&mut self.weights),
            gradients: D::whole(&self.gradients),
            finite_check: D::whole_mut(&mut self.watch),
        };
        optimizer.update(&self.device, state.steps + 1, moved, &mut state.buffers);
        if D::SYNCHRONOUS && !self.later && self.read_finite_check()?.overflowed {
            return Err(self.not_finite_step(self.steps + 1)?);
        }
        self.device.submit()?;
        self.optimizing.steps += 1;
        self.steps += 1;
        self.unseen = true;
        self.done = Done::Nothing;
        Ok(())
    }
}

/// The seed of dropout in one step.
pub(super) fn pass_seed(seed: u64, step: u64) -> u64 {
    mix(seed, step.wrapping_add(1))
}
