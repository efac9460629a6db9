//! Prediction: weights and workspace on a device, allocated once.

use super::batch::{Samples, check_samples, nan_for_refused, unpack};
use super::training::allocated;
use crate::device::Cpu;
use crate::network::{Batch, Forward, Infer, Network, Passes};
use crate::ops::Device;
use crate::tensor::Statistics;
use crate::tensor::context::splitmix64;
use crate::tensor::pod::{flat, flat_mut, zeroed_box, zeros};
use crate::{Allocator, Context, Pod, Result, View, ViewMut};
use std::sync::OnceLock;

/// A network that predicts without allocating memory, for example in a server.
///
/// It holds a copy of the weights on its device. Any number of inputs can be predicted at once; they are processed in batches of up to
/// the size that the session was made for.
pub struct Session<M: Passes, D: Device = Cpu> {
    device: D,
    samples: usize,
    weights: D::Buffer<f32>,
    staged: Option<Staged<M, D>>,
    memory: M::Inference<D>,
    /// Allocated at the first prediction with dropout.
    with_dropout: Option<M::Training<D>>,
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
        let staged = Staged::new(&device, samples)?;
        let memory = Allocator::allocate(&device, samples, M::inference_memory)?;
        Ok(Session { samples, weights, staged, memory, with_dropout: None, last: zeroed_box(), device })
    }
    /// Replaces the weights by those of `net`.
    pub fn reload(&mut self, net: &M) -> Result<()> {
        self.device.upload(flat(std::slice::from_ref(net)), D::whole_mut(&mut self.weights))
    }
    /// Writes the output for each of `inputs` to `outputs`.
    ///
    /// # Panics
    /// Panics unless there are as many outputs as inputs.
    pub fn predict_into(&mut self, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        M::check_inputs(inputs)?;
        let weights = View::<D, M>::new(D::whole(&self.weights), 1);
        for (inputs, outputs) in inputs.chunks(self.samples).zip(outputs.chunks_mut(self.samples)) {
            let pass = Pass::Infer(weights.shorten(), &mut self.memory);
            run(&self.device, pass, &mut self.staged, inputs, outputs)?;
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
        let memory = allocated(&mut self.with_dropout, &self.device, self.samples, M::training_memory)?;
        let batches = inputs.chunks(self.samples).zip(outputs.chunks_mut(self.samples));
        for (number, (inputs, outputs)) in batches.enumerate() {
            let net = ViewMut::new(D::whole_mut(&mut self.weights), 1);
            let pass = Pass::WithDropout(net, &mut *memory, splitmix64(seed, number as u64 + 1));
            run(&self.device, pass, &mut self.staged, inputs, outputs)?;
        }
        Ok(())
    }
}

impl<M: Passes> Session<M> {
    /// Returns the output for one input, without copying; it is valid until the next prediction. An input with a token outside the
    /// vocabulary of its embedding gives NaN in every element; [`Session::predict_into`] returns an error for it.
    #[inline]
    pub fn predict_one(&mut self, input: &M::Input) -> &M::Output {
        M::infer(Infer {
            context: &Context::new(&self.device, 0),
            batch: Batch { samples: 1 },
            net: View::new(&self.weights[..], 1),
            input: View::new(flat(std::slice::from_ref(input)), 1),
            memory: &mut self.memory,
            output: ViewMut::new(flat_mut(std::slice::from_mut(&mut *self.last)), 1),
        });
        nan_for_refused::<M>(std::slice::from_ref(input), std::slice::from_mut(&mut *self.last));
        &self.last
    }
}

/// Input and output memory for devices that cannot access the host's, and for models with several inputs or outputs, which devices store
/// separately.
struct Staged<M: Passes, D: Device> {
    input: D::Buffer<<M::Input as Pod>::Element>,
    output: D::Buffer<f32>,
    host: Vec<f32>,
}

impl<M: Passes, D: Device> Staged<M, D> {
    /// Returns `None` if the host's memory can be used directly.
    fn new(device: &D, samples: usize) -> Result<Option<Self>> {
        if D::from_host::<f32>(&[]).is_some() && M::Input::PARTS.len() == 1 && M::Output::PARTS.len() == 1 {
            return Ok(None);
        }
        let outputs = samples * M::Output::LEN;
        Ok(Some(Staged {
            input: device.zeros(samples * M::Input::LEN)?,
            output: device.zeros(outputs)?,
            host: if M::Output::PARTS.len() == 1 { Vec::new() } else { zeros(outputs)? },
        }))
    }
}

/// The kind of pass that is run on a batch, with its weights and memory.
enum Pass<'a, M: Passes, D: Device> {
    Infer(View<'a, D, M>, &'a mut M::Inference<D>),
    /// The last field is the seed of the random numbers.
    WithDropout(ViewMut<'a, D, M>, &'a mut M::Training<D>, u64),
}

impl<M: Passes, D: Device> Pass<'_, M, D> {
    fn run(self, device: &D, input: View<'_, D, M::Input>, mut output: ViewMut<'_, D, M::Output>) {
        // All arguments of a pass have the same lifetime.
        let batch = Batch { samples: input.len() };
        match self {
            Pass::Infer(net, memory) => {
                let context = &Context::new(device, 0);
                let (net, input, output) = (net.shorten(), input.shorten(), output.reborrow());
                M::infer(Infer { context, batch, net, input, memory, output });
            }
            Pass::WithDropout(mut net, memory, seed) => {
                let context = &Context { device, seed, statistics: Statistics::Running };
                let (net, input, output) = (net.reborrow(), input.shorten(), output.reborrow());
                M::forward(Forward { context, batch, net, input, memory, output });
            }
        }
    }
}

/// Runs one batch: directly in host memory if the device can access it, otherwise through the session's own memory.
fn run<M: Passes, D: Device>(
    device: &D,
    pass: Pass<'_, M, D>,
    staged: &mut Option<Staged<M, D>>,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
) -> Result<()> {
    let n = inputs.len();
    let Some(Staged { input, output, host }) = staged else {
        let (Some(input), Some(output)) = (D::from_host(flat(inputs)), D::from_host_mut(flat_mut(outputs))) else {
            unreachable!("a session on a device that lends nothing has staging memory")
        };
        pass.run(device, View::new(input, n), ViewMut::new(output, n));
        return Ok(());
    };
    let to = ViewMut::<D, M::Input>::new(D::whole_mut(input), n).into_data();
    device.upload_with(to, |to| Samples::All(inputs).write(to))?;
    pass.run(device, View::new(D::whole(input), n), ViewMut::new(D::whole_mut(output), n));
    let output = View::<D, M::Output>::new(D::whole(output), n).data();
    if M::Output::PARTS.len() == 1 {
        return device.download(output, flat_mut(outputs));
    }
    let host = &mut host[..n * M::Output::LEN];
    device.download(output, host)?;
    unpack(host, outputs);
    Ok(())
}

/// The batch size of [`Model::predict`](crate::Model::predict): large enough for the kernels to run at full speed.
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
pub(crate) fn predict<M: Passes>(net: &M, inputs: &[M::Input], outputs: &mut [M::Output]) {
    let cpu = cpu_for::<M>(inputs.len());
    let weights = View::<Cpu, M>::new(flat(std::slice::from_ref(net)), 1);
    let samples = inputs.len().clamp(1, BATCH);
    let memory = Allocator::allocate(&cpu, samples, M::inference_memory);
    let mut memory = memory.expect("memory, or an abort before this");
    let mut staged = Staged::<M, Cpu>::new(&cpu, samples).expect("memory, or an abort before this");
    for (inputs, outputs) in inputs.chunks(BATCH).zip(outputs.chunks_mut(BATCH)) {
        let pass = Pass::Infer(weights.shorten(), &mut memory);
        run(&cpu, pass, &mut staged, inputs, outputs).expect("the CPU copies without errors");
    }
}

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
