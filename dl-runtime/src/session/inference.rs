//! Prediction: weights and workspace on a device, allocated once.

use super::batch::{Samples, check_samples, nan_for_refused, unpack};
use super::lengths::Lengths;
use crate::device::Cpu;
use crate::network::{Batch, DIMENSIONS, Forward, Infer, MAX_DIMENSIONS, Network, Passes, Row, Step, Steps};
use crate::ops::Device;
use crate::tensor::context::splitmix64;
use crate::tensor::pack::rows_of;
use crate::tensor::pod::{flat, reserved};
use crate::tensor::{Capacity, Pack, Sequences, Statistics, Streams};
use crate::{Allocator, Context, Result, View, ViewMut};
use std::sync::OnceLock;

/// A network that predicts without allocating memory, for example in a server.
///
/// It holds a copy of the weights on its device. Any number of inputs can be predicted at once; they are processed in batches of up to
/// the size that the session was made for.
pub struct Session<M: Passes, D: Device = Cpu> {
    weights: D::Buffer<f32>,
    runner: Runner<M, D>,
    last: Box<M::Output>,
}

impl<M: Passes, D: Device> Session<M, D> {
    /// Creates a session of `net` on `device` for batches of at most `samples`.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when `samples` is 0 or more than any memory can hold, and the error of the
    /// device when its memory is full.
    pub fn on<N: Network<Model = M>>(device: D, net: &N, samples: usize) -> Result<Self> {
        check_samples::<M>("Session", samples)?;
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(std::slice::from_ref(net.network())), D::whole_mut(&mut weights))?;
        Ok(Session { weights, runner: Runner::new(device, samples)?, last: M::Output::boxed() })
    }
    /// Replaces the weights by those of `net`.
    pub fn reload(&mut self, net: &M) -> Result<()> {
        self.runner.device.upload(flat(std::slice::from_ref(net)), D::whole_mut(&mut self.weights))
    }
    /// Writes the output for each of `inputs` to `outputs`.
    ///
    /// # Panics
    /// Panics unless there are as many outputs as inputs.
    pub fn predict_into(&mut self, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        M::check_inputs(inputs)?;
        let weights = View::<D, M>::new(D::whole(&self.weights), 1);
        let samples = self.runner.capacity.samples;
        for (inputs, outputs) in inputs.chunks(samples).zip(outputs.chunks_mut(samples)) {
            self.runner.infer(weights, Samples::All(inputs), outputs)?;
        }
        Ok(())
    }
    /// Writes the output for each of `inputs` to `outputs` as [`Session::predict_into`] does, but with random layers active as in
    /// training: dropout, `gaussian_noise` and `random_normal` draw their numbers from `seed`. `batch_norm` still normalises with the
    /// running statistics, and the network does not change. The outputs for several seeds are samples of Monte Carlo dropout (Gal,
    /// Ghahramani, ICML 2016).
    ///
    /// The same seed, inputs and session size give the same outputs. Each sample of a call has its own mask, so several copies of one
    /// input in a call serve the same purpose as several seeds. The first call allocates the memory of a training pass.
    ///
    /// # Errors
    /// Returns the errors of [`Session::predict_into`].
    ///
    /// # Panics
    /// Panics unless there are as many outputs as inputs.
    pub fn predict_with_dropout_into(
        &mut self,
        inputs: &[M::Input],
        outputs: &mut [M::Output],
        seed: u64,
    ) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        M::check_inputs(inputs)?;
        let samples = self.runner.capacity.samples;
        let batches = inputs.chunks(samples).zip(outputs.chunks_mut(samples));
        for (number, (inputs, outputs)) in batches.enumerate() {
            let net = ViewMut::new(D::whole_mut(&mut self.weights), 1);
            let seed = splitmix64(seed, number as u64 + 1);
            self.runner.infer_with_dropout(net, seed, Samples::All(inputs), outputs)?;
        }
        Ok(())
    }
}

impl<M: Passes> Session<M> {
    /// Returns the output for one input, without copying; it is valid until the next prediction. An input with a token outside the
    /// vocabulary of its embedding, and a sequence of a wrong length, gives NaN in every element; [`Session::predict_into`] returns an error for it.
    #[inline]
    pub fn predict_one(&mut self, input: &M::Input) -> &M::Output {
        let (inputs, outputs) = (std::slice::from_ref(input), std::slice::from_mut(&mut *self.last));
        if M::SEQUENCES > 0 {
            let weights = View::<Cpu, M>::new(&self.weights[..], 1);
            predict_good(&mut self.runner, weights, inputs, outputs).expect("the CPU copies without errors");
            return &self.last;
        }
        let (Some(from), Some(to)) = (M::Input::packed(inputs), M::Output::packed_mut(outputs)) else {
            unreachable!("a single sample without sequences is packed")
        };
        M::infer(Infer {
            context: &Context::new(&self.runner.device, 0),
            batch: Batch::of(1),
            net: View::new(&self.weights[..], 1),
            input: View::new(from, 1),
            memory: &mut self.runner.memory,
            output: ViewMut::new(to, 1),
        });
        nan_for_refused::<M>(inputs, outputs);
        &self.last
    }
}

impl<M: Passes, D: Device> Session<M, D> {
    pub(super) fn samples(&self) -> usize {
        self.runner.capacity.samples
    }
    pub(super) fn device(&self) -> &D {
        &self.runner.device
    }
    /// Runs a step of all streams.
    pub(super) fn continue_streams(
        &mut self,
        streams: Streams<'_, D>,
        state: &mut M::State<D>,
        inputs: &[M::Input],
        outputs: &mut [M::Output],
    ) -> Result<()>
    where
        M: Steps,
    {
        let Runner { device, lengths, staged, memory, .. } = self.runner.reserved(&Samples::All(inputs))?;
        let (sequences, net) = (lengths.sequences(), View::<D, M>::new(D::whole(&self.weights), 1));
        let pass =
            |batch: Batch<'_, D>, input: View<'_, D, Row<M::Input>>, mut output: ViewMut<'_, D, Row<M::Output>>| {
                let context = &Context::new(device, 0);
                let (net, input, output) = (net.shorten(), input.shorten(), output.reborrow());
                M::step(Step { context, batch, streams, net, input, memory, state, output });
            };
        run_with::<M, D>(device, pass, staged, &sequences[..M::SEQUENCES], Samples::All(inputs), outputs)
    }
}

/// The memory of inference on a device, for batches of up to a number of samples. It grows with the rows of their sequences.
struct Runner<M: Passes, D: Device> {
    device: D,
    capacity: Capacity,
    lengths: Lengths<D>,
    staged: Option<Staged<M, D>>,
    memory: M::Inference<D>,
    /// Allocated at the first prediction with dropout.
    with_dropout: Option<M::Training<D>>,
}

impl<M: Passes, D: Device> Runner<M, D> {
    fn new(device: D, samples: usize) -> Result<Self> {
        let capacity = Capacity { samples, rows: 0 };
        Ok(Runner {
            capacity,
            lengths: Lengths::new::<M::Input>(&device),
            staged: Staged::new(&device, capacity)?,
            memory: Allocator::allocate(&device, capacity, M::inference_memory)?,
            with_dropout: None,
            device,
        })
    }
    /// Prepares the memory for a batch, and returns it.
    fn reserved(&mut self, inputs: &Samples<'_, M::Input>) -> Result<&mut Self> {
        self.reserve(inputs)?;
        Ok(self)
    }
    /// Prepares the memory for a batch.
    fn reserve(&mut self, inputs: &Samples<'_, M::Input>) -> Result<()> {
        if M::SEQUENCES == 0 {
            return Ok(());
        }
        let rows = self.lengths.set(&self.device, inputs)?;
        if rows > self.capacity.rows {
            let capacity = self.capacity.grown(rows);
            self.staged = Staged::new(&self.device, capacity)?;
            self.memory = Allocator::allocate(&self.device, capacity, M::inference_memory)?;
            (self.with_dropout, self.capacity) = (None, capacity);
        }
        Ok(())
    }
    fn infer(&mut self, net: View<'_, D, M>, inputs: Samples<'_, M::Input>, outputs: &mut [M::Output]) -> Result<()> {
        self.reserve(&inputs)?;
        let sequences = self.lengths.sequences();
        let pass = Pass::Infer(net.shorten(), &mut self.memory);
        run(&self.device, pass, &mut self.staged, &sequences[..M::SEQUENCES], inputs, outputs)
    }
    fn infer_with_dropout(
        &mut self,
        mut net: ViewMut<'_, D, M>,
        seed: u64,
        inputs: Samples<'_, M::Input>,
        outputs: &mut [M::Output],
    ) -> Result<()> {
        self.reserve(&inputs)?;
        let memory = allocated(&mut self.with_dropout, &self.device, self.capacity, M::training_memory)?;
        let sequences = self.lengths.sequences();
        let pass = Pass::WithDropout(net.reborrow(), memory, seed);
        run(&self.device, pass, &mut self.staged, &sequences[..M::SEQUENCES], inputs, outputs)
    }
}

/// Input and output memory for devices that cannot access the host's, and for models with several inputs or outputs, which devices store
/// separately.
struct Staged<M: Passes, D: Device> {
    input: D::Buffer<<M::Input as Pack>::Element>,
    output: D::Buffer<f32>,
    host: Vec<f32>,
}

impl<M: Passes, D: Device> Staged<M, D> {
    /// Returns `None` if the host's memory can be used directly.
    fn new(device: &D, capacity: Capacity) -> Result<Option<Self>> {
        let packed = M::Input::packed(&[]).is_some() && M::Output::packed(&[]).is_some();
        if D::from_host::<f32>(&[]).is_some() && packed {
            return Ok(None);
        }
        let outputs = capacity.elements::<M::Output>();
        Ok(Some(Staged {
            input: device.zeros(capacity.elements::<M::Input>())?,
            output: device.zeros(outputs)?,
            host: if M::Output::packed(&[]).is_some() { Vec::new() } else { reserved(outputs)? },
        }))
    }
}

/// The kinds of inference, each with the weights and the memory that it needs.
enum Pass<'a, M: Passes, D: Device> {
    Infer(View<'a, D, M>, &'a mut M::Inference<D>),
    /// A training pass with running statistics, with its seed.
    WithDropout(ViewMut<'a, D, M>, &'a mut M::Training<D>, u64),
}

impl<M: Passes, D: Device> Pass<'_, M, D> {
    fn run(
        self,
        device: &D,
        batch: Batch<'_, D>,
        input: View<'_, D, Row<M::Input>>,
        mut output: ViewMut<'_, D, Row<M::Output>>,
    ) {
        // All arguments of a pass have the same lifetime.
        match self {
            Pass::Infer(net, memory) => {
                let context = &Context::new(device, 0);
                let (net, input, output) = (net.shorten(), input.shorten(), output.reborrow());
                M::infer(Infer { context, batch, net, input, memory, output });
            }
            Pass::WithDropout(mut net, memory, seed) => {
                let context = &Context { device, seed, statistics: Statistics::Running };
                let (net, input, output) = (net.reborrow(), input.shorten(), output.reborrow());
                M::forward(Forward { context, batch, net, input, memory, carried: None, output });
            }
        }
    }
}

/// Runs a pass over one batch.
fn run<M: Passes, D: Device>(
    device: &D,
    pass: Pass<'_, M, D>,
    staged: &mut Option<Staged<M, D>>,
    sequences: &[Sequences<'_, D>],
    inputs: Samples<'_, M::Input>,
    outputs: &mut [M::Output],
) -> Result<()> {
    run_with::<M, D>(
        device,
        |batch, input, output| pass.run(device, batch, input, output),
        staged,
        sequences,
        inputs,
        outputs,
    )
}

/// Uploads a batch, calls `pass`, and downloads the outputs.
fn run_with<M: Passes, D: Device>(
    device: &D,
    pass: impl FnOnce(Batch<'_, D>, View<'_, D, Row<M::Input>>, ViewMut<'_, D, Row<M::Output>>),
    staged: &mut Option<Staged<M, D>>,
    sequences: &[Sequences<'_, D>],
    inputs: Samples<'_, M::Input>,
    outputs: &mut [M::Output],
) -> Result<()> {
    let batch = Batch { samples: inputs.len(), sequences };
    let [n_in, n_out] =
        [batch.items::<M::Input>(&DIMENSIONS[..M::SEQUENCES]), batch.items::<M::Output>(M::OUTPUT_SEQUENCES)];
    let Some(Staged { input, output, host }) = staged else {
        let Samples::All(inputs) = inputs else { unreachable!("a picked batch is staged") };
        let (Some(input), Some(output)) = (M::Input::packed(inputs), M::Output::packed_mut(outputs)) else {
            unreachable!("samples that are not packed are staged")
        };
        let (Some(input), Some(output)) = (D::from_host(input), D::from_host_mut(output)) else {
            unreachable!("a session on a device that lends nothing has staging memory")
        };
        pass(batch, View::new(input, n_in), ViewMut::new(output, n_out));
        return Ok(());
    };
    let to = D::split_mut(D::whole_mut(input), inputs.elements()).0;
    device.upload_with(to, |to| inputs.write(to))?;
    pass(batch, View::new(D::whole(input), n_in), ViewMut::new(D::whole_mut(output), n_out));
    let elements = batch.elements::<M::Output>(M::OUTPUT_SEQUENCES);
    let output = D::slice(D::whole(output), 0..elements);
    if let Some(outputs) = M::Output::packed_mut(outputs) {
        return device.download(output, outputs);
    }
    host.resize(elements, 0.0);
    device.download(output, host)?;
    let mut ends = [&[][..]; MAX_DIMENSIONS];
    for (to, &dimension) in ends.iter_mut().zip(M::OUTPUT_SEQUENCES) {
        *to = sequences[dimension].ends();
    }
    unpack(host, &ends, outputs);
    Ok(())
}

/// The batch size of [`predict`].
const BATCH: usize = 64;

/// Returns the CPU for a prediction without a session. Large predictions share the threads of the process: if several run at the same
/// time, one uses the threads, and the others compute on the threads of their callers.
fn cpu_for<M: Passes>(samples: usize) -> Cpu {
    /// The number of multiply-adds that outweighs the cost of starting threads.
    const LARGE: u64 = 50_000_000;
    static SHARED: OnceLock<Cpu> = OnceLock::new();
    if M::MULTIPLY_ADDS.saturating_mul(samples as u64) > LARGE {
        return SHARED.get_or_init(Cpu::new).clone();
    }
    Cpu::with_threads(1)
}

/// [`Model::predict`](crate::Model::predict): uses the model's own memory as the weights of the session.
/// [`Model::predict`](crate::Model::predict): uses the model's own memory as the weights of the session. Outputs of inputs that [`Passes::check_inputs`] refuses are NaN.
pub(crate) fn predict<M: Passes>(net: &M, inputs: &[M::Input], outputs: &mut [M::Output]) {
    let cpu = cpu_for::<M>(inputs.len());
    let weights = View::<Cpu, M>::new(flat(std::slice::from_ref(net)), 1);
    let runner = Runner::<M, Cpu>::new(cpu, inputs.len().clamp(1, BATCH));
    let mut runner = runner.expect("memory, or an abort before this");
    for (inputs, outputs) in inputs.chunks(BATCH).zip(outputs.chunks_mut(BATCH)) {
        if M::SEQUENCES > 0 {
            predict_good(&mut runner, weights, inputs, outputs).expect("the CPU copies without errors");
        } else {
            runner.infer(weights, Samples::All(inputs), outputs).expect("the CPU copies without errors");
            nan_for_refused::<M>(inputs, outputs);
        }
    }
}

/// Predicts the inputs that are not refused. Layers along time rely on lengths, so a refused sequence is not shown to them.
fn predict_good<M: Passes>(
    runner: &mut Runner<M, Cpu>,
    weights: View<'_, Cpu, M>,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
) -> Result<()> {
    if M::check_inputs(inputs).is_ok() {
        return runner.infer(weights, Samples::All(inputs), outputs);
    }
    let good = |sample: &usize| M::check_inputs(std::slice::from_ref(&inputs[*sample])).is_ok();
    let good: Vec<usize> = (0..inputs.len()).filter(good).collect();
    let mut found = M::Output::samples(good.len());
    if !good.is_empty() {
        runner.infer(weights, Samples::Picked(inputs, &good), &mut found)?;
    }
    let mut found = good.iter().zip(found).peekable();
    for (sample, output) in outputs.iter_mut().enumerate() {
        if let Some((_, good)) = found.next_if(|(good, _)| **good == sample) {
            *output = good;
            continue;
        }
        let (mut dimensions, parts) = (M::OUTPUT_SEQUENCES.iter(), M::Output::PARTS.iter().enumerate());
        for (k, part) in parts {
            let dimension = if part.sequence { dimensions.next() } else { None };
            dimension.into_iter().for_each(|&dimension| output.resize(k, rows_of(&inputs[sample], dimension)));
            output.part_mut(k).fill(f32::NAN);
        }
    }
    Ok(())
}

/// [`Model::predict_with_dropout`](crate::Model::predict_with_dropout).
///
/// # Errors
/// Returns the errors of [`Session::predict_with_dropout_into`].
/// [`Model::predict_with_dropout`](crate::Model::predict_with_dropout).
///
/// # Errors
/// Returns the errors of [`Session::predict_with_dropout_into`].
pub(crate) fn predict_with_dropout<M: Passes>(
    net: &M,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
    seed: u64,
) -> Result<()> {
    let mut session = Session::on(cpu_for::<M>(inputs.len()), net, inputs.len().clamp(1, BATCH))?;
    session.predict_with_dropout_into(inputs, outputs, seed)
}

/// Allocates memory at its first use.
pub(super) fn allocated<'m, D: Device, T>(
    memory: &'m mut Option<T>,
    device: &D,
    capacity: Capacity,
    allocate: impl FnOnce(&mut Allocator<'_, D>) -> T,
) -> Result<&'m mut T> {
    match memory {
        Some(memory) => Ok(memory),
        none => Ok(none.insert(Allocator::allocate(device, capacity, allocate)?)),
    }
}
