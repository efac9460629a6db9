//! The state that an optimizer keeps between the steps of a [`Training`](super::Training) session.

use crate::ops::Device;
use crate::optim::{Optimizer, Segments, TrainedTensor, trained_tensors};
use crate::{Result, Tensors};

/// The buffers of one optimizer for the weights of one model.
pub(crate) struct OptimizerState<D: Device> {
    /// The ranges of the weights with their roles, which determine weight decay.
    pub segments: Segments<D>,
    /// The trained tensors, for optimizers that treat whole tensors alike.
    pub tensors: Vec<TrainedTensor>,
    /// [`Optimizer::workspace`].
    pub workspace: D::Buffer<f32>,
    /// [`Optimizer::NAME`]; empty before the first step.
    pub name: &'static str,
    /// [`Optimizer::buffers`].
    pub names: &'static [&'static str],
    /// One buffer for each of the names, as long as the model.
    pub buffers: Vec<D::Buffer<f32>>,
    /// The number of steps taken with this optimizer.
    pub steps: u64,
}

impl<D: Device> OptimizerState<D> {
    pub fn new(device: &D, tensors: Tensors) -> Result<Self> {
        let segments = Segments::on(device, &crate::optim::segments(tensors))?;
        let (tensors, workspace) = (trained_tensors(tensors), device.empty());
        Ok(OptimizerState { segments, tensors, workspace, name: "", names: &[], buffers: Vec::new(), steps: 0 })
    }
    /// Prepares the buffers for `optimizer`: keeps those of the same type of optimizer, and otherwise allocates zeros.
    pub fn prepare<O: Optimizer>(&mut self, device: &D, optimizer: &O, len: usize) -> Result<()> {
        if self.name == O::NAME && self.names == optimizer.buffers() {
            return Ok(());
        }
        self.buffers.clear();
        for _ in optimizer.buffers() {
            self.buffers.push(device.zeros(len)?);
        }
        self.workspace = device.zeros(optimizer.workspace(&self.tensors))?;
        (self.name, self.names, self.steps) = (O::NAME, optimizer.buffers(), 0);
        Ok(())
    }
}
