//! Steps in flight: work that a session has requested from its device and not yet waited for.

use super::Training;
use super::batch::unpack;
use super::training::Stage;
use crate::network::Passes;
use crate::ops::Device;
use crate::optim::FiniteCheck;
use crate::tensor::{Capacity, Pack};
use crate::{Error, Result};
use std::mem;

/// The finite check of the requested steps, and their results on the way to the host.
pub(super) struct InFlight<D: Device> {
    /// The words of the [`FiniteCheck`] on the device.
    finite_check: D::Buffer<u32>,
    /// True if a step was requested whose finite check has not been read.
    unread_step: bool,
    /// True if the host continued without waiting for the last loss.
    async_loss: bool,
    /// Results of up to two batches.
    readbacks: [Option<StepReadback<D>>; 2],
    /// The slot of the results that were requested first.
    oldest: usize,
    /// The number of results that were requested and not yet received.
    requested: usize,
}

/// The results of one batch on their way to the host.
struct StepReadback<D: Device> {
    terms: D::Readback<f32>,
    finite_check: D::Readback<u32>,
    /// Allocated when outputs are first requested.
    outputs: Option<D::Readback<f32>>,
    /// The number of samples in the batch.
    /// The capacity that it was allocated for.
    capacity: Capacity,
    /// The ends of the sequences of the outputs.
    ends: Vec<Vec<u32>>,
    n: usize,
}

impl<D: Device> InFlight<D> {
    pub fn new(device: &D) -> Result<Self> {
        Ok(InFlight {
            finite_check: device.zeros(FiniteCheck::WORDS)?,
            unread_step: false,
            async_loss: false,
            readbacks: [None, None],
            oldest: 0,
            requested: 0,
        })
    }
    /// Returns the words of the finite check for the kernels of a step.
    pub fn finite_check(&mut self) -> D::Mut<'_, u32> {
        D::whole_mut(&mut self.finite_check)
    }
    /// Waits for the finite check and returns it.
    pub fn read_finite_check(&self, device: &D) -> Result<FiniteCheck> {
        if let Some(words) = D::as_host_slice(D::whole(&self.finite_check)) {
            return Ok(FiniteCheck::read(words));
        }
        let mut words = [0; FiniteCheck::WORDS];
        device.download(D::whole(&self.finite_check), &mut words)?;
        Ok(FiniteCheck::read(&words))
    }
    /// Returns true if the last step overflowed, on devices that know it at once; others report it later.
    pub fn overflowed_at_once(&self, device: &D) -> Result<bool> {
        Ok(D::SYNCHRONOUS && !self.async_loss && self.read_finite_check(device)?.overflowed)
    }
    /// Records that a step was requested.
    pub fn step_begins(&mut self) {
        self.unread_step = true;
    }
    /// Clears the finite check of earlier weights.
    fn reset(&mut self, device: &D) {
        device.clear(D::whole_mut(&mut self.finite_check));
        self.unread_step = false;
    }
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Waits for all requested work, and returns the mean loss of the last batch.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let mut net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// for (inputs, targets) in data.batches(64) {
    ///     training.forward(inputs)?;
    ///     training.loss_async(&CrossEntropy, targets)?;
    ///     training.backward();
    ///     training.step(&Adam::new(1e-3))?;
    /// }
    /// println!("the last batch had a loss of {}", training.wait()?);
    /// training.store(&mut net)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::NotFinite`] with the first step that failed since the last call (the steps after it changed no trained weight),
    /// and the errors of the device.
    ///
    /// # Panics
    /// Panics when no loss was requested yet.
    pub fn wait(&mut self) -> Result<f32> {
        assert!(self.loss.terms_len() > 0, "a loss comes before `wait`");
        let check = self.in_flight.read_finite_check(&self.device)?;
        let mean = self.loss.download(&self.device)?;
        self.in_flight.unread_step = false;
        let stopped = check.stopped();
        let step = stopped.unwrap_or(self.steps);
        match (check.overflowed, stopped) {
            (true, None) => Err(self.not_finite_step(step)?),
            (true, Some(after)) => Err(self.overflowed(after - 1, check)?),
            (false, _) if !mean.is_finite() && self.stage != Stage::Empty => Err(self.not_finite_loss()?),
            (false, Some(step)) => Err(Error::NotFinite { step, layer: "the loss".into() }),
            (false, None) => Ok(mean),
        }
    }
    /// Waits for the last loss and returns it.
    pub(super) fn wait_for_loss(&mut self) -> Result<f32> {
        self.in_flight.async_loss = false;
        let mean = self.loss.download(&self.device)?;
        // If steps are not waited for, the last one is checked now, while its gradients are still available.
        let unread = !D::SYNCHRONOUS && mem::take(&mut self.in_flight.unread_step);
        if unread && self.in_flight.read_finite_check(&self.device)?.overflowed {
            return Err(self.not_finite_step(self.steps)?);
        }
        if !mean.is_finite() {
            return Err(self.not_finite_loss()?);
        }
        Ok(mean)
    }
    /// Continues without waiting for the last loss: the device stops the training if the loss is not finite.
    pub(crate) fn go_on_without_loss(&mut self) {
        self.in_flight.async_loss = true;
        if self.stage != Stage::Evaluated {
            self.device.finite_check(self.steps + 1, self.loss.on_device(), self.in_flight.finite_check());
        }
    }

    /// True if the host can prepare a step while the device still computes the previous one.
    pub(crate) const ASYNCHRONOUS: bool = !D::SYNCHRONOUS;

    /// Requests the results of the last loss, and of the step if there was one. Up to two batches can be requested before
    /// [`Training::receive_results`] waits for the first of them.
    pub(crate) fn request_results(&mut self, outputs: bool) -> Result<()> {
        let (device, capacity, terms) = (&self.device, self.capacity, self.loss.terms_len());
        let slot = (self.in_flight.oldest + self.in_flight.requested) % 2;
        let most = self.capacity.samples.max(self.capacity.rows) * terms;
        let mut readback = match self.in_flight.readbacks[slot].take().filter(|old| old.capacity == capacity) {
            Some(readback) => readback,
            None => StepReadback {
                terms: device.readback(most)?,
                finite_check: device.readback(FiniteCheck::WORDS)?,
                outputs: None,
                capacity,
                n: 0,
                ends: M::OUTPUT_SEQUENCES.iter().map(|_| Vec::new()).collect(),
            },
        };
        readback.n = self.loss.n;
        device.download_async(self.loss.on_device(), &mut readback.terms)?;
        device.download_async(D::whole(&self.in_flight.finite_check), &mut readback.finite_check)?;
        if outputs {
            let to = match &mut readback.outputs {
                Some(to) => to,
                none => none.insert(device.readback(capacity.elements::<M::Output>())?),
            };
            for (to, &dimension) in readback.ends.iter_mut().zip(M::OUTPUT_SEQUENCES) {
                to.clear();
                to.extend_from_slice(self.lengths.ends(dimension));
            }
            device.download_async(D::slice(D::whole(&self.output), 0..self.output_elements()), to)?;
        }
        self.in_flight.readbacks[slot] = Some(readback);
        self.in_flight.requested += 1;
        Ok(())
    }
    /// Waits for the results that were requested first. [`Training::losses`] and [`Training::terms`] then return those of that batch.
    pub(crate) fn receive_results(&mut self, outputs: &mut [M::Output]) -> Result<(f32, FiniteCheck)> {
        let (device, flight) = (&self.device, &mut self.in_flight);
        let readback = flight.readbacks[flight.oldest].as_ref().expect("results were requested");
        flight.requested -= 1;
        if flight.requested > 0 {
            flight.oldest = 1 - flight.oldest;
        }
        let check = FiniteCheck::read(device.wait(&readback.finite_check)?);
        let mean = self.loss.average(device.wait(&readback.terms)?, readback.n);
        if let Some(from) = &readback.outputs {
            let from = device.wait(from)?;
            match M::Output::packed_mut(outputs) {
                Some(outputs) => outputs.copy_from_slice(from),
                None => unpack(from, &readback.ends, outputs),
            }
        }
        Ok((mean, check))
    }
    /// Undoes the count of the last `steps` steps, which changed no trained weight, so that a batch can be diagnosed that is the last one,
    /// or the one before if another was requested `ahead`. `passes` is the number of batches that its step had before it.
    pub(crate) fn rewind(&mut self, steps: u64, passes: u64, ahead: bool) {
        self.steps -= steps;
        self.optimizing.rewind(steps);
        (self.passes, self.accumulated) = (passes, 0);
        match &mut self.carried {
            // The states before the first of two batches are no longer known.
            Some(carried) if ahead => carried.clear(&self.device),
            Some(carried) => carried.undo(&self.device),
            None => {}
        }
        self.reset_finite_check();
    }
    /// Assumes again that the weights of the session are finite.
    pub(super) fn reset_finite_check(&mut self) {
        self.in_flight.reset(&self.device);
    }
}
