//! Training sessions: weights, gradients and kept values on a device, for the steps of a hand-written loop and of the trainer.

use super::average::Averaged;
use super::batch::{Samples, check_batch, check_min_batch, check_samples};
use super::carried::Carried;
use super::in_flight::InFlight;
use super::inference::allocated;
use super::lengths::Lengths;
use super::loss::LossMemory;
use super::optimizer_state::OptimizerState;
use crate::device::Cpu;
use crate::network::{Batch, DIMENSIONS, Forward, Infer, Network, Passes};
use crate::ops::Device;
use crate::tensor::context::splitmix64;
use crate::tensor::pod::flat;
use crate::tensor::{Arena, Capacity, Frozen, Pack, Sequences};
use crate::{Allocator, Context, Result, View, ViewMut, Workspace};

type Elements<D, T> = <D as crate::tensor::Storage>::Buffer<<T as Pack>::Element>;

/// A network in training on a device: its weights, gradients and workspace, for batches of up to a fixed size.
///
/// One step of a hand-written loop calls [`forward`](Training::forward), [`loss`](Training::loss), [`backward`](Training::backward) and
/// [`step`](Training::step); at the end, [`store`](Training::store) copies the weights back to the model. No memory is allocated after
/// the first step.
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
pub struct Training<M: Passes, D: Device = Cpu> {
    pub(super) device: D,
    /// The largest number of samples in a batch.
    pub(super) capacity: Capacity,
    pub(super) lengths: Lengths<D>,
    pub(super) weights: D::Buffer<f32>,
    pub(super) gradients: D::Buffer<f32>,
    pub(super) optimizing: OptimizerState<D>,
    pub(super) memory: M::Training<D>,
    /// The memory of both passes for values that they do not keep.
    pub(super) arena: Workspace<D>,
    /// Allocated when a batch is first evaluated.
    inference: Option<M::Inference<D>>,
    /// Allocated when a loss is first evaluated.
    pub(super) evaluation: Option<M::Evaluation<D>>,
    pub(super) input: Elements<D, M::Input>,
    pub(super) d_input: Option<Elements<D, M::Input>>,
    pub(super) output: D::Buffer<f32>,
    pub(super) d_output: D::Buffer<f32>,
    pub(super) loss: LossMemory<D>,
    pub(super) in_flight: InFlight<D>,
    /// Allocated when weights are first averaged.
    pub(super) averaged: Option<Averaged<D>>,
    /// Allocated if the state of recurrent layers is carried.
    pub(super) carried: Option<Carried<D>>,
    /// The number of samples in the current batch.
    pub(super) n: usize,
    pub(super) stage: Stage,
    pub(super) seed: u64,
    pub(super) steps: u64,
    /// The number of forward passes since the last step.
    pub(super) passes: u64,
    /// The number of losses whose gradients are in `gradients`, one for each sample (or row, if every row has a loss): those of all backward
    /// passes since the last step.
    pub(super) accumulated: usize,
}

/// The last pass that ran on the current batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No pass has run.
    Empty,
    /// The inference pass has run.
    Evaluated,
    /// The forward pass has run.
    Forward,
    /// The loss and its gradients have been computed.
    Loss {
        /// True for the model's own loss.
        own: bool,
    },
    /// The backward pass has run.
    Backward,
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Prepares `net` for training on `device` with batches of at most `samples`.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when `samples` is 0 or more than any memory can hold, and the error of the
    /// device when its memory is full.
    pub fn on<N: Network<Model = M>>(device: D, net: &N, samples: usize) -> Result<Self> {
        check_samples::<M>("Training", samples)?;
        let (capacity, mut weights) = (Capacity { samples, rows: 0 }, device.zeros(M::LEN)?);
        device.upload(flat(std::slice::from_ref(net.network())), D::whole_mut(&mut weights))?;
        Ok(Training {
            capacity,
            lengths: Lengths::new::<M::Input>(&device),
            weights,
            gradients: device.zeros(M::LEN)?,
            optimizing: OptimizerState::new(&device, M::TENSORS.iter().collect())?,
            memory: Allocator::allocate(&device, capacity, M::training_memory)?,
            arena: Allocator::allocate(&device, capacity, |allocator| allocator.arena(M::ARENA))?,
            inference: None,
            evaluation: None,
            input: device.zeros(capacity.elements::<M::Input>())?,
            d_input: None,
            output: device.zeros(capacity.elements::<M::Output>())?,
            d_output: device.zeros(capacity.elements::<M::Output>())?,
            loss: LossMemory::new(&device, samples)?,
            in_flight: InFlight::new(&device)?,
            averaged: None,
            carried: None,
            n: 0,
            stage: Stage::Empty,
            seed: 0,
            steps: 0,
            passes: 0,
            accumulated: 0,
            device,
        })
    }
    /// Sets the seed for the random numbers of dropout and noise. The numbers also depend on the number of steps and of forward passes
    /// since the last step, so every [`Training::forward`] draws new ones.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Lets [`Training::backward`] also compute the gradients with respect to the input: see [`Training::input_gradients`].
    pub fn with_input_gradients(mut self) -> Result<Self> {
        self.d_input = Some(self.device.zeros(self.capacity.elements::<M::Input>())?);
        Ok(self)
    }
    /// Returns the number of steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }
    /// Returns the largest number of samples in a batch.
    pub fn batch_size(&self) -> usize {
        self.capacity.samples
    }

    /// Runs the network on a batch, and keeps the values that [`Training::backward`] needs. Each call updates running statistics
    /// (`batch_norm`) that are not [frozen](Training::freeze), whether or not a step follows, except with numbers that are not finite. Each
    /// call draws new masks of dropout and new noise, even if no step was taken since the last call; [`Training::backward`] uses those of
    /// its forward pass.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when there are no inputs or more than the session has room for, or another number
    /// than those whose state is carried ([`Training::carry_state`]), and [`Error::SmallBatch`](crate::Error::SmallBatch) when there are
    /// too few for a layer that computes statistics of the batch.
    pub fn forward(&mut self, inputs: &[M::Input]) -> Result<()> {
        M::check_inputs(inputs)?;
        self.forward_samples(Samples::All(inputs))
    }
    /// [`Training::forward`] on inputs that are already checked.
    pub(crate) fn forward_samples(&mut self, inputs: Samples<'_, M::Input>) -> Result<()> {
        check_batch("Training", inputs.len(), self.capacity.samples)?;
        check_min_batch::<M>(inputs.len())?;
        self.carried.as_ref().map_or(Ok(()), |carried| carried.check(inputs.len()))?;
        self.upload_inputs(inputs)?;
        self.run_forward();
        Ok(())
    }
    /// [`Training::forward`] on the batch that is already on the device; used by benchmarks of the device alone.
    ///
    /// # Panics
    /// Panics when there is no batch.
    #[doc(hidden)]
    pub fn forward_again(&mut self) {
        assert!(self.n > 0, "`forward` with inputs comes before `forward_again`");
        self.run_forward();
    }
    /// Runs the network on a batch in inference mode: without dropout, with running statistics, and without keeping values.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when there are no inputs or more than the session has room for.
    pub fn evaluate(&mut self, inputs: &[M::Input]) -> Result<()> {
        M::check_inputs(inputs)?;
        self.infer_samples(Samples::All(inputs))
    }
    pub(super) fn infer_samples(&mut self, inputs: Samples<'_, M::Input>) -> Result<()> {
        self.upload_inputs(inputs)?;
        let sequences = self.lengths.sequences();
        let (batch, sizes) = Sizes::of::<M, D>(self.n, &sequences);
        M::infer(Infer {
            context: &Context::new(&self.device, 0),
            batch,
            net: View::new(D::whole(&self.weights), 1),
            input: View::new(D::whole(&self.input), sizes.input),
            memory: allocated(&mut self.inference, &self.device, self.capacity, M::inference_memory)?,
            output: ViewMut::new(D::whole_mut(&mut self.output), sizes.output),
        });
        self.stage = Stage::Evaluated;
        Ok(())
    }
    pub(super) fn upload_inputs(&mut self, inputs: Samples<'_, M::Input>) -> Result<()> {
        let n = inputs.len();
        check_batch("Training", n, self.capacity.samples)?;
        (self.n, self.stage) = (n, Stage::Empty);
        self.reserve(&inputs)?;
        let to = D::split_mut(D::whole_mut(&mut self.input), inputs.elements()).0;
        self.device.upload_with(to, |to| inputs.write(to))
    }
    /// Sets the lengths of the sequences of a batch, and makes place for their rows.
    fn reserve(&mut self, inputs: &Samples<'_, M::Input>) -> Result<()> {
        if M::SEQUENCES == 0 {
            return Ok(());
        }
        let rows = self.lengths.set(&self.device, inputs)?;
        if rows > self.capacity.rows {
            let (device, capacity) = (&self.device, self.capacity.grown(rows));
            self.memory = Allocator::allocate(device, capacity, M::training_memory)?;
            self.arena = Allocator::allocate(device, capacity, |allocator| allocator.arena(M::ARENA))?;
            (self.inference, self.evaluation) = (None, None);
            self.input = device.zeros(capacity.elements::<M::Input>())?;
            if let Some(d_input) = &mut self.d_input {
                *d_input = device.zeros(capacity.elements::<M::Input>())?;
            }
            self.output = device.zeros(capacity.elements::<M::Output>())?;
            self.d_output = device.zeros(capacity.elements::<M::Output>())?;
            self.capacity = capacity;
        }
        Ok(())
    }
    fn run_forward(&mut self) {
        self.passes += 1;
        let sequences = self.lengths.sequences();
        let (batch, sizes) = Sizes::of::<M, D>(self.n, &sequences);
        let frozen = Frozen::of::<D>(D::whole(&self.weights), &self.optimizing.frozen, None);
        M::forward(Forward {
            context: &Context { frozen, ..Context::new(&self.device, self.pass_seed()) },
            batch,
            net: ViewMut::new(D::whole_mut(&mut self.weights), 1),
            input: View::new(D::whole(&self.input), sizes.input),
            memory: &mut self.memory,
            arena: Arena::new(self.arena.data_mut()),
            carried: self.carried.as_mut().map(|carried| carried.start(&self.device, self.n)),
            output: ViewMut::new(D::whole_mut(&mut self.output), sizes.output),
        });
        self.stage = Stage::Forward;
    }

    /// Returns the seed of the last forward pass. The first pass after a step uses the seed of the step itself, which a checkpoint can
    /// restore.
    pub(super) fn pass_seed(&self) -> u64 {
        let seed = pass_seed(self.seed, self.steps);
        if self.passes > 1 { splitmix64(seed, self.passes - 1) } else { seed }
    }
}

/// The numbers of items of a packed batch.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub input: usize,
    pub output: usize,
}

impl Sizes {
    /// Returns a batch of `samples` samples, with its sizes.
    pub fn of<'a, M: Passes, D: Device>(samples: usize, sequences: &'a [Sequences<'a, D>]) -> (Batch<'a, D>, Sizes) {
        let batch = Batch { samples, sequences: &sequences[..M::SEQUENCES] };
        let input = batch.items::<M::Input>(&DIMENSIONS[..M::SEQUENCES]);
        (batch, Sizes { input, output: batch.items::<M::Output>(M::OUTPUT_SEQUENCES) })
    }
}

/// Returns the seed of dropout for the first pass of a step.
fn pass_seed(seed: u64, step: u64) -> u64 {
    splitmix64(seed, step.wrapping_add(1))
}
