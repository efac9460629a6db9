//! Prediction: weights and workspace on a device, allocated once.

use super::batch::{Samples, check_samples, nan_for_refused};
use super::predict::predict_good;
use super::runner::{Runner, run_with};
use crate::device::Cpu;
use crate::network::{Batch, Infer, Network, Passes, Row, Step, Steps};
use crate::ops::Device;
use crate::tensor::context::splitmix64;
use crate::tensor::pod::flat;
use crate::tensor::{Capacity, Pack, Streams};
use crate::{Allocator, Context, Result, View, ViewMut};

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
