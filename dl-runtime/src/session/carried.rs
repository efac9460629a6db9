//! Truncated back-propagation through time: the states that recurrent layers carry from one training batch to the next.

use super::Training;
use crate::network::{Carries, Passes};
use crate::ops::Device;
use crate::tensor::pod::reserved;
use crate::tensor::{InitialStates, States};
use crate::{Error, Result};

/// The states of all recurrent layers on a device.
pub(super) struct Carried<D: Device> {
    /// The states after the last forward pass, `[samples, stride]`.
    states: D::Buffer<f32>,
    /// The states before the last forward pass, which the backward pass reads.
    initial: D::Buffer<f32>,
    /// The number of floats of a sample.
    stride: usize,
    /// The number of samples whose states these are; `None` if the next batch starts anew.
    samples: Option<usize>,
}

/// The states on the host, for a checkpoint.
pub(crate) struct CarriedOnHost {
    /// The numbers of samples and of floats of each.
    pub shape: [usize; 2],
    pub states: Vec<f32>,
}

impl<D: Device> Carried<D> {
    fn new(device: &D, samples: usize, stride: usize) -> Result<Self> {
        let len = samples.saturating_mul(stride);
        Ok(Carried { states: device.zeros(len)?, initial: device.zeros(len)?, stride, samples: None })
    }
    /// Checks that a batch has as many samples as there are states.
    pub fn check(&self, found: usize) -> Result<()> {
        match self.samples {
            Some(samples) if samples != found => {
                let expected =
                    format!("{samples}, the samples whose state is carried, unless `clear_state` comes before");
                Err(Error::Setting { setting: "batch size", of: "Training", expected, found: found.to_string() })
            }
            _ => Ok(()),
        }
    }
    /// Starts a forward pass over so many samples, and returns the states that it continues.
    pub fn start(&mut self, device: &D, samples: usize) -> States<'_, D> {
        self.samples = Some(samples);
        let len = samples * self.stride;
        device.copy(D::slice(D::whole(&self.states), 0..len), D::split_mut(D::whole_mut(&mut self.initial), len).0);
        States::new(D::whole_mut(&mut self.states), self.stride)
    }
    /// Returns the states from which the last forward pass started.
    pub fn initial(&self) -> InitialStates<'_, D> {
        InitialStates::new(D::whole(&self.initial), self.stride)
    }
    /// Lets the next forward pass start where the last one did.
    pub fn undo(&mut self, device: &D) {
        device.copy(D::whole(&self.initial), D::whole_mut(&mut self.states));
    }
    pub fn clear(&mut self, device: &D) {
        device.clear(D::whole_mut(&mut self.states));
        self.samples = None;
    }
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Sets whether the state of recurrent layers is carried from batch to batch, as Keras does with `stateful=True`: each
    /// [`Training::forward`] then starts sample `i` from the state in which sample `i` of the forward pass before ended. No gradient flows
    /// back over that border (*truncated back-propagation through time*). So a sequence of any length can be trained window by window.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Carries + dl::Model<Input = Vec<u32>, Output = Vec<[f32; 65]>>>(text: &[u32]) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// // 8 streams through the text, in windows of 32 tokens.
    /// let data = dl::data::streams(text, 8, 32)?;
    /// let mut net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 8)?.carry_state(true)?;
    /// for epoch in 0..10 {
    ///     training.clear_state();
    ///     for (inputs, targets) in data.batches(8) {
    ///         training.forward(inputs)?;
    ///         training.loss(&CrossEntropy, targets)?;
    ///         training.backward();
    ///         training.step(&Adam::new(1e-3))?;
    ///     }
    /// }
    /// # training.store(&mut net)
    /// # }
    /// ```
    ///
    /// The first forward pass, and that after [`Training::clear_state`], starts from zero. A batch with another number of samples than the
    /// one before is an error of [`Training::forward`], which leaves the states as they are. [`Training::evaluate`] starts from zero, and
    /// leaves them as they are, too. Checkpoints contain them.
    ///
    /// # Errors
    /// The error of the device when its memory is full.
    pub fn carry_state(mut self, carry: bool) -> Result<Self>
    where
        M: Carries,
    {
        self.set_carrying(carry)?;
        Ok(self)
    }
    /// Forgets the states that are carried: the next forward pass starts from zero, with any number of samples.
    pub fn clear_state(&mut self)
    where
        M: Carries,
    {
        self.start_anew();
    }
    pub(crate) fn set_carrying(&mut self, carry: bool) -> Result<()> {
        let carried = || Carried::new(&self.device, self.capacity.samples, M::CARRIED);
        self.carried = carry.then(carried).transpose()?;
        Ok(())
    }
    /// [`Training::clear_state`], for models of every kind.
    pub(crate) fn start_anew(&mut self) {
        if let Some(carried) = &mut self.carried {
            carried.clear(&self.device);
        }
    }
    /// Copies the states to the host, unless the next batch starts anew.
    pub(super) fn carried_on_host(&self) -> Result<Option<CarriedOnHost>> {
        let Some(Carried { states, stride, samples: Some(samples), .. }) = &self.carried else { return Ok(None) };
        let (shape, len) = ([*samples, *stride], samples * stride);
        let mut host = reserved(len)?;
        host.resize(len, 0.0);
        self.device.download(D::slice(D::whole(states), 0..len), &mut host)?;
        Ok(Some(CarriedOnHost { shape, states: host }))
    }
    /// Restores the states from the host; without any, the next batch starts anew.
    pub(super) fn restore_carried(&mut self, from: Option<CarriedOnHost>) -> Result<()> {
        self.start_anew();
        let Some((carried, CarriedOnHost { shape, states })) = self.carried.as_mut().zip(from) else { return Ok(()) };
        carried.samples = Some(shape[0]);
        self.device.upload(&states, D::split_mut(D::whole_mut(&mut carried.states), states.len()).0)
    }
}
