//! The average of the weights of a [`Training`] session, on the device beside them.

use super::Training;
use crate::ops::Device;
use crate::optim::WeightAverage;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Passes, Result};

/// The mean of weights, and the number of updates that it has had.
pub(super) struct Averaged<D: Device> {
    pub weights: D::Buffer<f32>,
    pub updates: u64,
}

impl<M: Passes, D: Device> Training<M, D> {
    /// Takes the current weights into an average, after a step or at the end of an epoch. The first call starts it.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::optim::WeightAverage;
    /// use dl::prelude::*;
    /// let mut net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// for (inputs, targets) in data.batches(64) {
    ///     training.forward(inputs)?;
    ///     training.loss(&CrossEntropy, targets)?;
    ///     training.backward();
    ///     training.step(&Adam::new(1e-3))?;
    ///     training.average(WeightAverage::ema(0.999))?;
    /// }
    /// training.store_average(&mut net)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) for a decay out of range, and the error of the device when its memory is full.
    pub fn average(&mut self, average: WeightAverage) -> Result<()> {
        average.check()?;
        let averaged = match &mut self.averaged {
            Some(averaged) => averaged,
            none => none.insert(Averaged { weights: self.device.zeros(M::LEN)?, updates: 0 }),
        };
        let mean = D::whole_mut(&mut averaged.weights);
        match averaged.updates {
            0 => self.device.copy(D::whole(&self.weights), mean),
            updates => self.device.average(average.part(updates) as f32, D::whole(&self.weights), mean),
        }
        averaged.updates += 1;
        Ok(())
    }
    /// Calls `body` while the session has the average in the place of its weights, for instance to evaluate it. `body` should take no step.
    /// Without an average the weights stay as they are.
    pub fn with_average<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        self.swap_average();
        let result = body(self);
        self.swap_average();
        result
    }
    /// Exchanges the weights and their average.
    pub(crate) fn swap_average(&mut self) {
        if let Some(averaged) = &mut self.averaged {
            std::mem::swap(&mut self.weights, &mut averaged.weights);
        }
    }
    /// Copies the average to a model on the host, or the weights if there is no average.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn store_average(&self, to: &mut M) -> Result<()> {
        let weights = self.averaged.as_ref().map_or(&self.weights, |averaged| &averaged.weights);
        self.device.download(D::whole(weights), flat_mut(std::slice::from_mut(to)))
    }
    /// Returns the average and the number of its updates, if there is one.
    pub(super) fn average_on_host(&self) -> Result<Option<(Box<M>, u64)>> {
        let Some(Averaged { updates, .. }) = &self.averaged else { return Ok(None) };
        let mut mean = zeroed_box();
        self.store_average(&mut mean)?;
        Ok(Some((mean, *updates)))
    }
    /// Restores the average from the host.
    pub(crate) fn restore_average(&mut self, from: Option<(Box<M>, u64)>) -> Result<()> {
        self.averaged = None;
        let Some((mean, updates)) = from else { return Ok(()) };
        let mut weights = self.device.zeros(M::LEN)?;
        self.device.upload(flat(std::slice::from_ref(&*mean)), D::whole_mut(&mut weights))?;
        self.averaged = Some(Averaged { weights, updates });
        Ok(())
    }
}
