//! Prediction: weights and workspace on a device, allocated once.

use super::batch::{Samples, check_samples, nan_for_refused};
use super::predict::predict_good;
use super::runner::{Runner, run_with};
use super::weights::{Reading, Shared, Weights};
use crate::device::Cpu;
use crate::network::{Batch, Infer, Network, Passes, Row, Step, Steps};
use crate::ops::Device;
use crate::tensor::context::splitmix64;
use crate::tensor::{Capacity, Pack, Streams};
use crate::{Allocator, Context, Result, View, ViewMut};

/// A network that predicts without allocating memory, for example in a server.
///
/// Any number of inputs can be predicted at once; they are processed in batches of up to the size that the session was made for. A session
/// belongs to one thread at a time, and many sessions can have the same weights: [`Session::on`] copies the weights of a network,
/// [`Session::sharing`] uses those of a network that others use too, and [`Session::try_clone`] those of a session.
///
/// On the CPU, the first prediction may copy weights of convolutions into the order in which their kernels read them, so a network then
/// takes up to twice the memory of these weights. All sessions of the same weights have the same copies: clones of a session, and sessions
/// of clones of one [`Shared`]. A prediction without a session copies nothing.
pub struct Session<M: Passes, D: Device = Cpu> {
    pub(super) weights: Weights<M, D>,
    runner: Runner<M, D>,
    last: Box<M::Output>,
}

impl<M: Passes, D: Device> Session<M, D> {
    /// Creates a session of a copy of `net` on `device` for batches of at most `samples`.
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when `samples` is 0 or more than any memory can hold, and the error of the
    /// device when its memory is full.
    pub fn on<N: Network<Model = M>>(device: D, net: &N, samples: usize) -> Result<Self> {
        check_samples::<M>("Session", samples)?;
        let weights = Weights::copied(&device, net.network())?;
        Self::of(device, weights, samples)
    }
    /// Creates a session of a network that other sessions and threads use at the same time, for batches of at most `samples`.
    ///
    /// On the CPU nothing is copied: all sessions read the weights where they are, without a lock. On a GPU each of these sessions uploads
    /// the weights; [`Session::try_clone`] makes more sessions of one upload.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<LeNet: dl::Model<Input = [f32; 4], Output = [f32; 3]>>() -> dl::Result<()> {
    /// use dl::prelude::*;
    ///
    /// let net = dl::Shared::from(LeNet::load("lenet.safetensors")?);
    /// let threads: Vec<_> = (0..8)
    ///     .map(|i| {
    ///         // A thread of computation for each thread of the server.
    ///         let mut session = Session::sharing(Cpu::with_threads(1), net.clone(), 64)?;
    ///         Ok(std::thread::spawn(move || *session.predict_one(&[i as f32; 4])))
    ///     })
    ///     .collect::<dl::Result<_>>()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::on`].
    pub fn sharing(device: D, net: impl Into<Shared<M>>, samples: usize) -> Result<Self> {
        check_samples::<M>("Session", samples)?;
        let weights = Weights::shared(&device, net.into())?;
        Self::of(device, weights, samples)
    }
    /// Creates another session with the same weights in the same memory, for another thread. It has memory of its own for what is
    /// computed, for batches as large as those of this session.
    ///
    /// # Errors
    /// The device is out of memory.
    pub fn try_clone(&self) -> Result<Self> {
        Self::of(self.runner.device.clone(), self.weights.clone(), self.runner.capacity.samples)
    }
    fn of(device: D, weights: Weights<M, D>, samples: usize) -> Result<Self> {
        Ok(Session { weights, runner: Runner::new(device, samples)?, last: M::Output::boxed() })
    }
    /// Replaces the weights by a copy of those of `net`. Other sessions keep theirs.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn reload(&mut self, net: &M) -> Result<()> {
        self.weights.reload(&self.runner.device, net)
    }
    /// Replaces the weights by those of `net`, which others use too, as [`Session::sharing`] does. On the CPU nothing is copied or
    /// allocated, so that a server can do it before every batch. Other sessions keep theirs.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn share(&mut self, net: impl Into<Shared<M>>) -> Result<()> {
        self.weights.share(&self.runner.device, net.into())
    }
    /// Writes the output for each of `inputs` to `outputs`.
    ///
    /// # Panics
    /// Panics unless there are as many outputs as inputs.
    pub fn predict_into(&mut self, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        M::check_inputs(inputs)?;
        let weights = self.weights.read();
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
    /// input in a call serve the same purpose as several seeds. The first call allocates the memory of a training pass, and copies weights
    /// that others use too.
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
            let net = self.weights.view_mut(&self.runner.device)?;
            let seed = splitmix64(seed, number as u64 + 1);
            self.runner.infer_with_dropout(net, seed, Samples::All(inputs), outputs)?;
        }
        Ok(())
    }
}

impl<M: Passes> Session<M> {
    /// Returns the output for one input, without copying; it is valid until the next prediction. An input with a token outside the
    /// vocabulary of its embedding, and a sequence of a wrong length, gives NaN in every element; [`Session::predict_into`] returns an
    /// error for it.
    #[inline]
    pub fn predict_one(&mut self, input: &M::Input) -> &M::Output {
        let (inputs, outputs) = (std::slice::from_ref(input), std::slice::from_mut(&mut *self.last));
        if M::SEQUENCES > 0 {
            predict_good(&mut self.runner, self.weights.read(), inputs, outputs)
                .expect("the CPU copies without errors");
            return &self.last;
        }
        let (Some(from), Some(to)) = (M::Input::packed(inputs), M::Output::packed_mut(outputs)) else {
            unreachable!("a single sample without sequences is packed")
        };
        let Reading { net, prepared } = self.weights.read();
        M::infer(Infer {
            context: &Context::of_inference(&self.runner.device, prepared),
            batch: Batch::of(1),
            net,
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
        let (sequences, Reading { net, prepared }) = (lengths.sequences(), self.weights.read());
        let pass =
            |batch: Batch<'_, D>, input: View<'_, D, Row<M::Input>>, mut output: ViewMut<'_, D, Row<M::Output>>| {
                let context = &Context::of_inference(device, prepared);
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
