//! What goes in and out of a [`Training`] session: weights, gradients, outputs, and the optimizer's memory.

use super::Training;
use crate::device::Device;
use crate::plain::{flat, flat_mut};
use crate::{Error, Model, Result, View};

impl<M: Model, D: Device> Training<M, D> {
    /// Copies the weights to a model on the host.
    pub fn store(&self, to: &mut M) -> Result<()> {
        self.device.download(D::whole(&self.weights), flat_mut(std::slice::from_mut(to)))
    }
    /// Takes the weights of a model on the host.
    pub fn reload(&mut self, from: &M) -> Result<()> {
        self.device.upload(flat(std::slice::from_ref(from)), D::whole_mut(&mut self.weights))
    }
    /// Copies the gradients to a model on the host.
    pub fn gradients(&self, to: &mut M) -> Result<()> {
        self.device.download(D::whole(&self.gradients), flat_mut(std::slice::from_mut(to)))
    }
    /// Copies the outputs of the batch to the host; `to` has the length of the batch.
    pub fn outputs(&self, to: &mut [M::Output]) -> Result<()> {
        self.check_outgoing(to.len())?;
        self.device.download(View::<D, M::Output>::new(D::whole(&self.output), self.n).data(), flat_mut(to))
    }
    /// Copies the gradients to the inputs of the batch to the host; `to` has the length of the batch.
    ///
    /// # Panics
    /// Unless the session was made [`with_input_gradients`](Training::with_input_gradients).
    pub fn input_gradients(&self, to: &mut [M::Input]) -> Result<()> {
        self.check_outgoing(to.len())?;
        let gradients = self.d_input.as_ref().expect("a session made `with_input_gradients`");
        self.device.download(View::<D, M::Input>::new(D::whole(gradients), self.n).data(), flat_mut(to))
    }
    fn check_outgoing(&self, found: usize) -> Result<()> {
        if found == self.n {
            return Ok(());
        }
        let (expected, found) = (self.n.to_string(), found.to_string());
        Err(Error::Setting { setting: "room for the values of the batch", expected, found })
    }
}
