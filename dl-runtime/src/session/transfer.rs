//! Copies between the host and a [`Training`] session: weights, gradients, outputs, and the buffers of the optimizer.

use super::Training;
use super::batch::download;
use super::optimizer_state::OptimizerState;
use super::training::Sizes;
use crate::network::DIMENSIONS;
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::tensor::Pack;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Error, Passes, Result};

impl<M: Passes, D: Device> Training<M, D> {
    /// Copies the weights to a model on the host.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn store(&self, to: &mut M) -> Result<()> {
        self.device.download(D::whole(&self.weights), flat_mut(std::slice::from_mut(to)))
    }
    /// Replaces the weights by those of a model on the host. Gradients that no step has used are discarded.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn reload(&mut self, from: &M) -> Result<()> {
        self.reset_finite_check();
        self.accumulated = 0;
        self.device.upload(flat(std::slice::from_ref(from)), D::whole_mut(&mut self.weights))
    }
    /// Copies the gradients to a model on the host, each in the place of its weight. They are those of all [`Training::backward`] calls
    /// since the last step.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn gradients(&self, to: &mut M) -> Result<()> {
        self.device.download(D::whole(&self.gradients), flat_mut(std::slice::from_mut(to)))
    }
    /// Copies the outputs of the batch to the host; `to` must have the length of the batch.
    ///
    /// # Errors
    /// Returns [`Error::Setting`] if `to` has another length, and the errors of the device.
    pub fn outputs(&self, to: &mut [M::Output]) -> Result<()> {
        self.check_outgoing(to.len())?;
        let ends: Vec<&[u32]> = M::OUTPUT_SEQUENCES.iter().map(|&dimension| self.lengths.ends(dimension)).collect();
        download(&self.device, D::slice(D::whole(&self.output), 0..self.output_elements()), &ends, to)
    }
    /// Copies the gradients with respect to the inputs of the batch to the host; `to` must have the length of the batch.
    ///
    /// # Errors
    /// Returns the errors of [`Training::outputs`].
    ///
    /// # Panics
    /// Panics unless the session was made [`with_input_gradients`](Training::with_input_gradients).
    pub fn input_gradients(&self, to: &mut [M::Input]) -> Result<()> {
        self.check_outgoing(to.len())?;
        let gradients = self.d_input.as_ref().expect("a session made `with_input_gradients`");
        self.download_inputs(gradients, to)
    }
    /// Copies the inputs of the batch, or the gradients to them, to the host.
    pub(super) fn download_inputs(
        &self,
        from: &D::Buffer<<M::Input as Pack>::Element>,
        to: &mut [M::Input],
    ) -> Result<()> {
        let ends: Vec<&[u32]> = (0..M::SEQUENCES).map(|dimension| self.lengths.ends(dimension)).collect();
        let sequences = self.lengths.sequences();
        let (batch, _) = Sizes::of::<M, D>(self.n, &sequences);
        let elements = batch.elements::<M::Input>(&DIMENSIONS[..M::SEQUENCES]);
        download(&self.device, D::slice(D::whole(from), 0..elements), &ends, to)
    }
    /// Returns the number of elements of the outputs of the batch.
    pub(super) fn output_elements(&self) -> usize {
        let sequences = self.lengths.sequences();
        let (batch, _) = Sizes::of::<M, D>(self.n, &sequences);
        batch.elements::<M::Output>(M::OUTPUT_SEQUENCES)
    }
    fn check_outgoing(&self, found: usize) -> Result<()> {
        if found == self.n {
            return Ok(());
        }
        let (expected, found) = (format!("{}, the number of samples in the batch", self.n), found.to_string());
        Err(Error::Setting { setting: "length", of: "to", expected, found })
    }

    /// Returns the buffers of the optimizer, each with the layout of the model.
    pub(crate) fn optimizer_buffers(&self) -> Result<Vec<Box<M>>> {
        let download = |buffer: &D::Buffer<f32>| {
            let mut values = zeroed_box::<M>();
            self.device.download(D::whole(buffer), flat_mut(std::slice::from_mut(&mut *values)))?;
            Ok(values)
        };
        self.optimizing.buffers.iter().map(download).collect()
    }
    /// Returns the optimizer's name, buffers and number of steps.
    pub(crate) fn optimizing(&self) -> &OptimizerState<D> {
        &self.optimizing
    }
    /// Returns the seed of dropout.
    pub(crate) fn seed_of_passes(&self) -> u64 {
        self.seed
    }
    /// Restores the seed and the number of steps from another session.
    pub(crate) fn restore(&mut self, seed: u64, steps: u64) {
        (self.seed, self.steps) = (seed, steps);
        (self.passes, self.accumulated) = (0, 0);
        self.reset_finite_check();
    }
    /// Restores the buffers of an optimizer from another session.
    pub(crate) fn restore_optimizer<O: Optimizer>(&mut self, optimizer: &O, steps: u64, from: &[Box<M>]) -> Result<()> {
        self.optimizing.prepare(&self.device, optimizer, M::LEN)?;
        self.optimizing.steps = steps;
        for (buffer, values) in self.optimizing.buffers.iter_mut().zip(from) {
            self.device.upload(flat(std::slice::from_ref(&**values)), D::whole_mut(buffer))?;
        }
        Ok(())
    }
}
