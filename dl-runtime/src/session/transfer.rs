//! Copies between the host and a [`Training`] session: weights, gradients and outputs.

use super::Training;
use super::batch::download;
use super::training::Sizes;
use crate::network::DIMENSIONS;
use crate::ops::Device;
use crate::tensor::Pack;
use crate::tensor::pod::{flat, flat_mut};
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
    /// since the last step; those of frozen weights are 0.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn gradients(&self, to: &mut M) -> Result<()> {
        let to = flat_mut(std::slice::from_mut(to));
        self.device.download(D::whole(&self.gradients), to)?;
        self.optimizing.frozen.iter().for_each(|range| to[range.clone()].fill(0.0));
        Ok(())
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
}
