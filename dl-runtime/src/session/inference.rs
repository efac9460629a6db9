//! Prediction: weights and workspace on a device, allocated once.

use super::batch::{Samples, check_samples, nan_for_refused, unpack};
use crate::device::Cpu;
use crate::network::{Batch, Infer, Network, Passes};
use crate::ops::Device;
use crate::tensor::pod::{flat, flat_mut, zeroed_box, zeros};
use crate::{Allocator, Context, Pod, Result, View, ViewMut};

/// A network ready to predict without allocating: what a server keeps.
///
/// It holds a copy of the weights on its device. Any number of inputs can be predicted; they are run in batches of up to
/// the size the session was made for.
pub struct Session<M: Passes, D: Device = Cpu> {
    device: D,
    samples: usize,
    weights: D::Buffer<f32>,
    staged: Option<Staged<M, D>>,
    memory: M::Inference<D>,
    last: Box<M::Output>,
}

impl<M: Passes, D: Device> Session<M, D> {
    /// A session of `net` on `device` for batches of at most `samples`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) when `samples` is 0 or more than any memory holds, and what the device reports
    /// when its memory is full.
    pub fn on<N: Network<Model = M>>(device: D, net: &N, samples: usize) -> Result<Self> {
        check_samples::<M>("Session", samples)?;
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(std::slice::from_ref(net.network())), D::whole_mut(&mut weights))?;
        let staged = Staged::new(&device, samples)?;
        let memory = Allocator::allocate(&device, samples, M::inference_memory)?;
        Ok(Session { samples, weights, staged, memory, last: zeroed_box(), device })
    }
    /// Takes the weights of `net` from now on.
    pub fn reload(&mut self, net: &M) -> Result<()> {
        self.device.upload(flat(std::slice::from_ref(net)), D::whole_mut(&mut self.weights))
    }
    /// Writes the output for each of `inputs` to `outputs`.
    ///
    /// # Panics
    /// When there are not as many outputs as inputs.
    pub fn predict_into(&mut self, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        M::check_inputs(inputs)?;
        let weights = View::<D, M>::new(D::whole(&self.weights), 1);
        for (inputs, outputs) in inputs.chunks(self.samples).zip(outputs.chunks_mut(self.samples)) {
            infer(&self.device, weights, &mut self.staged, &mut self.memory, inputs, outputs)?;
        }
        Ok(())
    }
}

impl<M: Passes> Session<M> {
    /// The output for one input, valid until the next prediction. Nothing is copied. An input with a token that the vocabulary of
    /// its embedding does not have gives NaN throughout; [`Session::predict_into`] returns an error about it.
    #[inline]
    pub fn predict_one(&mut self, input: &M::Input) -> &M::Output {
        M::infer(Infer {
            context: &Context { device: &self.device, seed: 0 },
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

/// Input and output memory of devices that cannot use the host's, and of models with several inputs or outputs, which
/// devices keep apart.
struct Staged<M: Passes, D: Device> {
    input: D::Buffer<<M::Input as Pod>::Element>,
    output: D::Buffer<f32>,
    host: Vec<f32>,
}

impl<M: Passes, D: Device> Staged<M, D> {
    /// Nothing where the host's memory serves.
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

/// One batch: in host memory where the device can, or through its own.
fn infer<M: Passes, D: Device>(
    device: &D,
    weights: View<'_, D, M>,
    staged: &mut Option<Staged<M, D>>,
    memory: &mut M::Inference<D>,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
) -> Result<()> {
    let (n, context) = (inputs.len(), &Context { device, seed: 0 });
    let batch = Batch { samples: n };
    let Some(Staged { input, output, host }) = staged else {
        let (Some(input), Some(output)) = (D::from_host(flat(inputs)), D::from_host_mut(flat_mut(outputs))) else {
            unreachable!("a session on a device that lends nothing has staging memory")
        };
        let (input, output) = (View::new(input, n), ViewMut::new(output, n));
        M::infer(Infer { context, batch, net: weights.shorten(), input, memory, output });
        return Ok(());
    };
    let to = ViewMut::<D, M::Input>::new(D::whole_mut(input), n).into_data();
    device.upload_with(to, |to| Samples::All(inputs).write(to))?;
    let pass_output = ViewMut::new(D::whole_mut(output), n);
    let input = View::new(D::whole(input), n);
    M::infer(Infer { context, batch, net: weights.shorten(), input, memory, output: pass_output });
    let output = View::<D, M::Output>::new(D::whole(output), n).data();
    if M::Output::PARTS.len() == 1 {
        return device.download(output, flat_mut(outputs));
    }
    let host = &mut host[..n * M::Output::LEN];
    device.download(output, host)?;
    unpack(host, outputs);
    Ok(())
}

/// [`Model::predict`](crate::Model::predict): the model's own memory serves as the session's weights.
pub(crate) fn predict<M: Passes>(net: &M, inputs: &[M::Input], outputs: &mut [M::Output]) {
    /// Multiply-adds that outweigh the start of threads.
    const LARGE: u64 = 50_000_000;
    /// Samples at a time: enough for the kernels to be at full speed.
    const BATCH: usize = 64;
    let large = M::MULTIPLY_ADDS.saturating_mul(inputs.len() as u64) > LARGE;
    let cpu = if large { Cpu::new() } else { Cpu::with_threads(1) };
    let weights = View::<Cpu, M>::new(flat(std::slice::from_ref(net)), 1);
    let samples = inputs.len().clamp(1, BATCH);
    let memory = Allocator::allocate(&cpu, samples, M::inference_memory);
    let mut memory = memory.expect("memory, or an abort before this");
    let mut staged = Staged::new(&cpu, samples).expect("memory, or an abort before this");
    for (inputs, outputs) in inputs.chunks(BATCH).zip(outputs.chunks_mut(BATCH)) {
        infer(&cpu, weights, &mut staged, &mut memory, inputs, outputs).expect("the CPU copies without errors");
    }
}
