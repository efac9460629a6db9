//! Training: weights, gradients and kept values on a device; the steps of a hand-written loop, and of the trainer.

use crate::device::{Cpu, Device};
use crate::loss::Loss;
use crate::plain::{flat, flat_mut};
use crate::{Model, Pass, Plain, Result, View, ViewMut};

type Elements<D, S> = <D as crate::device::Storage>::Buffer<<S as Plain>::Element>;

/// A network being trained on a device, with room for batches of up to a fixed size.
pub struct Training<M: Model, D: Device = Cpu> {
    device: D,
    weights: D::Buffer<f32>,
    gradients: D::Buffer<f32>,
    slots: M::Training<D>,
    input: Elements<D, M::Input>,
    output: D::Buffer<f32>,
    d_output: D::Buffer<f32>,
    losses: D::Buffer<f32>,
    host_losses: Vec<f32>,
    /// Samples in the current batch.
    n: usize,
    seed: u64,
}

impl<M: Model, D: Device> Training<M, D> {
    /// Prepares `net` for training on `device` with batches of at most `samples`.
    pub fn on(device: D, net: &M, samples: usize) -> Result<Self> {
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(std::slice::from_ref(net)), D::whole_mut(&mut weights))?;
        Ok(Training {
            weights,
            gradients: device.zeros(M::LEN)?,
            slots: M::training(&device, samples)?,
            input: device.zeros(samples * <M::Input as Plain>::LEN)?,
            output: device.zeros(samples * <M::Output as Plain>::LEN)?,
            d_output: device.zeros(samples * <M::Output as Plain>::LEN)?,
            losses: device.zeros(samples)?,
            host_losses: vec![0.0; samples],
            n: 0,
            seed: 0,
            device,
        })
    }
    /// Runs the network on a batch, keeping what [`Training::backward`] needs.
    pub fn forward(&mut self, inputs: &[M::Input]) -> Result<()> {
        self.n = inputs.len();
        self.device
            .upload(flat(inputs), ViewMut::<D, M::Input>::new(D::whole_mut(&mut self.input), self.n).into_data())?;
        M::forward(
            &Pass { device: &self.device, seed: self.seed },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            &mut self.slots,
            ViewMut::new(D::whole_mut(&mut self.output), self.n),
        );
        Ok(())
    }
    /// The mean loss of the batch, and with it the gradient at the output.
    pub fn loss<L: Loss<M::Output>>(
        &mut self,
        loss: &L,
        targets: &D::Buffer<<L::Target as Plain>::Element>,
    ) -> Result<f32> {
        loss.loss(
            &Pass { device: &self.device, seed: self.seed },
            View::new(D::whole(&self.output), self.n),
            View::new(D::whole(targets), self.n),
            ViewMut::new(D::whole_mut(&mut self.losses), self.n),
            Some(ViewMut::new(D::whole_mut(&mut self.d_output), self.n)),
        );
        let losses = &mut self.host_losses[..self.n];
        self.device.download(D::slice(D::whole(&self.losses), 0..self.n), losses)?;
        Ok((losses.iter().map(|&l| f64::from(l)).sum::<f64>() / self.n as f64) as f32)
    }
    /// The gradients of the loss to all weights.
    pub fn backward(&mut self) {
        M::backward(
            &Pass { device: &self.device, seed: self.seed },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            &mut self.slots,
            View::new(D::whole(&self.output), self.n),
            ViewMut::new(D::whole_mut(&mut self.d_output), self.n),
            ViewMut::new(D::whole_mut(&mut self.gradients), 1),
            None,
        );
    }
    /// Copies the gradients to a model on the host.
    pub fn gradients(&self, to: &mut M) -> Result<()> {
        self.device.download(D::whole(&self.gradients), flat_mut(std::slice::from_mut(to)))
    }
}
