//! What comes back from a step: the loss of every sample and the watch, at once or later.

use super::Training;
use super::batch::unpack;
use super::training::Done;
use crate::network::Term;
use crate::ops::Device;
use crate::optim::FiniteCheck;
use crate::tensor::pod::flat_mut;
use crate::{Error, Model, Pod, Result};
use std::mem;

/// Results on their way to the host.
pub(crate) struct StepReadback<D: Device> {
    numbers: D::Readback<f32>,
    watch: D::Readback<u32>,
    /// Made when first wanted.
    outputs: Option<D::Readback<f32>>,
    /// Samples of the batch.
    n: usize,
}

impl<M: Model, D: Device> Training<M, D> {
    /// Waits for everything that was asked for, and returns the mean loss of the last batch.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let mut net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// for (inputs, targets) in data.batches(64) {
    ///     training.forward(inputs)?;
    ///     training.loss_later(&CrossEntropy, targets)?;
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
    /// [`Error::NotFinite`] with the first step that went wrong since the last call; the steps behind it moved no trained weight.
    /// And what a device reports.
    ///
    /// # Panics
    /// When no loss was asked for yet.
    pub fn wait(&mut self) -> Result<f32> {
        assert!(self.n > 0, "a loss comes before `wait`");
        let watch = self.read_finite_check()?;
        let mean = self.read_numbers()?;
        self.unseen = false;
        let stopped = watch.stopped();
        let step = stopped.unwrap_or(self.steps);
        match (watch.overflowed, stopped) {
            (true, None) => Err(self.not_finite_step(step)?),
            (true, Some(after)) => Err(self.overflowed(after - 1, watch)?),
            (false, _) if !mean.is_finite() && self.done != Done::Nothing => Err(self.not_finite_loss()?),
            (false, Some(step)) => Err(Error::NotFinite { step, layer: "the loss".into() }),
            (false, None) => Ok(mean),
        }
    }

    /// Lets the device stop at the last loss if it is not finite: nobody waits for it.
    pub(super) fn leave_loss(&mut self) {
        self.later = true;
        if self.done == Done::Evaluated {
            return;
        }
        let len = self.numbers_len();
        let numbers = if self.own_loss { self.own.as_ref().map(|own| &own.terms) } else { Some(&self.losses) };
        let numbers = D::slice(D::whole(numbers.expect("computed just now")), 0..len);
        self.device.finite_check(self.steps + 1, numbers, D::whole_mut(&mut self.watch));
    }
    /// Waits for the last loss.
    pub(super) fn read_loss(&mut self) -> Result<f32> {
        self.later = false;
        let mean = self.read_numbers()?;
        // Where steps are not waited for, the last one is looked at now; its gradients are still there.
        if !D::SYNCHRONOUS && mem::take(&mut self.unseen) && self.read_finite_check()?.overflowed {
            return Err(self.not_finite_step(self.steps)?);
        }
        if !mean.is_finite() {
            return Err(self.not_finite_loss()?);
        }
        Ok(mean)
    }

    /// Asks for the results of the last loss, and of the step if there was one, to be fetched by [`Training::receive`].
    /// `slot` is 0 or 1.
    pub(crate) fn send(&mut self, slot: usize, outputs: bool) -> Result<()> {
        let (n, len) = (self.n, self.numbers_len());
        let mut arrival = match self.arrivals[slot].take() {
            Some(arrival) => arrival,
            None => StepReadback {
                numbers: self.device.readback(self.samples * (len / n))?,
                watch: self.device.readback(FiniteCheck::WORDS)?,
                outputs: None,
                n,
            },
        };
        arrival.n = n;
        self.device.download_async(self.numbers(), &mut arrival.numbers)?;
        self.device.download_async(D::whole(&self.watch), &mut arrival.watch)?;
        if outputs {
            let pending = match &mut arrival.outputs {
                Some(pending) => pending,
                none => none.insert(self.device.readback(self.samples * M::Output::LEN)?),
            };
            self.device.download_async(D::slice(D::whole(&self.output), 0..n * M::Output::LEN), pending)?;
        }
        self.arrivals[slot] = Some(arrival);
        Ok(())
    }
    /// Waits for the results that were sent for last in this slot. [`Training::losses`] and [`Training::terms`] are then those
    /// of that batch.
    pub(crate) fn receive(&mut self, slot: usize, outputs: Option<&mut [M::Output]>) -> Result<(f32, FiniteCheck)> {
        let arrival = self.arrivals[slot].take().expect("results were sent for");
        let received = || {
            let watch = FiniteCheck::read(self.device.wait(&arrival.watch)?);
            let mean = self.add_up(self.device.wait(&arrival.numbers)?, arrival.n);
            if let (Some(to), Some(outputs)) = (outputs, &arrival.outputs) {
                let outputs = self.device.wait(outputs)?;
                match M::Output::PARTS.len() {
                    1 => flat_mut(to).copy_from_slice(outputs),
                    _ => unpack(outputs, to),
                }
            }
            Ok((mean, watch))
        };
        let results = received();
        self.arrivals[slot] = Some(arrival);
        results
    }
    /// Forgets the last `steps` steps, which moved nothing that is trained, so that the first of them can be looked at.
    pub(crate) fn rewind(&mut self, steps: u64) {
        self.steps -= steps;
        self.optimizing.steps -= steps;
        self.reset_finite_check();
    }
    /// Takes the weights of the session for sound.
    pub(super) fn reset_finite_check(&mut self) {
        self.device.clear(D::whole_mut(&mut self.watch));
        self.unseen = false;
    }

    /// How many numbers the last loss gave: one for each sample, or for each term and sample.
    fn numbers_len(&self) -> usize {
        self.n * self.own_terms().map_or(1, <[Term]>::len)
    }
    fn numbers(&self) -> D::Ref<'_, f32> {
        let own = self.own.as_ref().filter(|_| self.own_loss);
        D::slice(D::whole(own.map_or(&self.losses, |own| &own.terms)), 0..self.numbers_len())
    }
    fn own_terms(&self) -> Option<&'static [Term]> {
        self.own.as_ref().filter(|_| self.own_loss).map(|own| own.of)
    }
    fn read_numbers(&mut self) -> Result<f32> {
        let mut host = mem::take(&mut self.host_numbers);
        host.resize(self.numbers_len(), 0.0);
        let read = self.device.download(self.numbers(), &mut host);
        let mean = self.add_up(&host, self.n);
        self.host_numbers = host;
        read.map(|()| mean)
    }
    pub(super) fn read_finite_check(&self) -> Result<FiniteCheck> {
        if let Some(words) = D::as_host_slice(D::whole(&self.watch)) {
            return Ok(FiniteCheck::read(words));
        }
        let mut words = [0; FiniteCheck::WORDS];
        self.device.download(D::whole(&self.watch), &mut words)?;
        Ok(FiniteCheck::read(&words))
    }
    /// From what the loss gave for `n` samples: the losses of the samples, the means of the terms, and the mean.
    fn add_up(&mut self, numbers: &[f32], n: usize) -> f32 {
        self.measured = n;
        let Some(terms) = self.own_terms() else {
            self.host_losses[..n].copy_from_slice(numbers);
            return (numbers.iter().map(|&loss| f64::from(loss)).sum::<f64>() / n as f64) as f32;
        };
        self.host_losses[..n].fill(0.0);
        let mut total = 0.0;
        let means = self.own.as_mut().map_or(&mut [][..], |own| &mut own.means);
        for ((term, values), mean) in terms.iter().zip(numbers.chunks_exact(n)).zip(means) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            *mean = (sum / n as f64) as f32;
            total += f64::from(term.weight) * sum / n as f64;
            self.host_losses[..n].iter_mut().zip(values).for_each(|(loss, value)| *loss += term.weight * value);
        }
        total as f32
    }
}
