//! The second half of a training step: the backward pass, clipping, and the step of the optimizer.

use super::Training;
use super::carried::Carried;
use super::training::{Sizes, Stage};
use crate::network::{Backward, Passes};
use crate::ops::Device;
use crate::ops::loss::Reduction;
use crate::optim::{Clip, Group, Optimizer, Pace};
use crate::tensor::{Arena, Frozen, Grad, Write};
use crate::{Context, Result, View, ViewMut};

impl<M: Passes, D: Device> Training<M, D> {
    /// Computes the gradients of the loss with respect to all weights, and with respect to the input if requested.
    ///
    /// As in PyTorch, the gradients of the weights accumulate from one [`Training::step`] to the next: after the passes of several
    /// batches they are the gradients of the mean loss over all their samples (or rows, where every row of a sequence has a loss), as if
    /// these were one batch; those of sums (`Mse.sum()`) are added. (Statistics of a batch, such as those of `batch_norm`, still belong to
    /// each batch alone.) [`Training::zero_gradients`] clears them without a step. The gradients with respect to the input are those of the
    /// last batch.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(data: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
    /// use dl::prelude::*;
    /// let net = Net::init(42);
    /// let mut training = net.training(Cpu::new(), 16)?;
    /// // Takes steps of 64 samples with the memory of 16.
    /// for (i, (inputs, targets)) in data.batches(16).enumerate() {
    ///     training.forward(inputs)?;
    ///     training.loss(&CrossEntropy, targets)?;
    ///     training.backward();
    ///     if i % 4 == 3 {
    ///         training.step(&Adam::new(1e-3))?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Panics unless [`Training::forward`], and [`Training::loss`] or [`Training::objective`] came before.
    pub fn backward(&mut self) {
        let Stage::Loss { own } = self.stage else { panic!("`forward` and `loss` come before `backward`") };
        let (losses, before) = (self.loss.n, self.accumulated);
        let total = before + losses;
        // The pass adds the mean over its own batch, so old and new gradients are weighted by their numbers of losses. Sums are added.
        let write = if before > 0 { Write::Add } else { Write::Set };
        let weigh = before > 0 && self.loss.reduction == Reduction::Mean;
        if weigh {
            self.scale_gradients(before as f64 / losses as f64);
        }
        let sequences = self.lengths.sequences();
        let (batch, sizes) = Sizes::of::<M, D>(self.n, &sequences);
        let first = self.optimizing.first.filter(|_| self.d_input.is_none());
        let frozen = Frozen::of::<D>(D::whole(&self.weights), &self.optimizing.frozen, first);
        M::backward(Backward {
            context: &Context { frozen, ..Context::new(&self.device, self.pass_seed()) },
            batch,
            net: View::new(D::whole(&self.weights), 1),
            input: View::new(D::whole(&self.input), sizes.input),
            memory: &mut self.memory,
            arena: Arena::new(self.arena.data_mut()),
            carried: self.carried.as_ref().map(Carried::initial),
            output: View::new(D::whole(&self.output), sizes.output),
            d_output: ViewMut::new(D::whole_mut(&mut self.d_output), sizes.output),
            d_net: Grad { to: ViewMut::new(D::whole_mut(&mut self.gradients), 1), write },
            d_input: self.d_input.as_mut().map(|d| ViewMut::new(D::whole_mut(d), sizes.input)),
            own_loss: own,
        });
        if weigh {
            self.scale_gradients(losses as f64 / total as f64);
        }
        self.accumulated = total;
        self.stage = Stage::Backward;
    }
    fn scale_gradients(&mut self, factor: f64) {
        self.device.affine_in_place(factor as f32, 0.0, D::whole_mut(&mut self.gradients));
    }
    /// Sets the gradients to zero: the next [`Training::backward`] starts from zero, as after a step.
    pub fn zero_gradients(&mut self) {
        self.device.clear(D::whole_mut(&mut self.gradients));
        self.accumulated = 0;
        if self.stage == Stage::Backward {
            self.stage = Stage::Empty;
        }
    }
    /// Clips the gradients, and returns their norm before clipping, or `None` for [`Clip::Value`], which does not compute it.
    ///
    /// # Errors
    /// Returns [`Error::NotFinite`](crate::Error::NotFinite) with the first gradient of infinite norm, and the errors of
    /// [`Training::clip_async`].
    pub fn clip(&mut self, clip: Clip) -> Result<Option<f64>> {
        self.clip_async(clip)?;
        if matches!(clip, Clip::Value(_)) {
            return Ok(None);
        }
        let norm = self.in_flight.read_finite_check(&self.device)?.norm();
        if !norm.is_finite() {
            return Err(self.not_finite_step(self.steps + 1)?);
        }
        Ok(Some(norm))
    }
    /// [`Training::clip`] without waiting for the norm: an infinite norm is reported by [`Training::step`].
    ///
    /// # Errors
    /// Returns [`Error::Setting`](crate::Error::Setting) when the limit is not above 0.
    pub fn clip_async(&mut self, clip: Clip) -> Result<()> {
        clip.check()?;
        let (segments, gradients) = (self.optimizing.segments(), D::whole_mut(&mut self.gradients));
        match clip {
            Clip::Norm(limit) => self.device.clip_norm(segments, limit, gradients, self.in_flight.finite_check()),
            Clip::Value(limit) => self.device.clip_value(segments, limit as f32, gradients),
        }
        Ok(())
    }
    /// Updates the weights with the gradients, by one step of the optimizer.
    ///
    /// The session keeps the state of the optimizer; an optimizer of another type starts with a new state. The call does not wait for a
    /// GPU to finish the step: errors in it are reported by the next [`Training::loss`] or [`Training::wait`].
    ///
    /// # Errors
    /// Returns [`Error::NotFinite`](crate::Error::NotFinite) with the first gradient or weight that overflowed. The weights of the
    /// session are then unusable: load others with [`Training::reload`], or load a checkpoint. Before anything is computed, it returns
    /// [`Error::Setting`](crate::Error::Setting) for a setting of the optimizer or of its form for a [`Group`], and
    /// [`Error::NothingToTrain`](crate::Error::NothingToTrain) if everything is [frozen](Training::freeze).
    ///
    /// # Panics
    /// Panics unless [`Training::backward`] came before.
    pub fn step<O: Optimizer>(&mut self, optimizer: &O) -> Result<()> {
        let pace = Pace { steps: self.steps as f64, epochs: 0.0, schedule: 1.0, factor: 1.0 };
        self.step_in_groups(optimizer, |group| group.optimizer(optimizer, pace))
    }
    /// [`Training::step`] with the optimizer of each group, and with `optimizer` on all other tensors.
    pub(crate) fn step_in_groups<O: Optimizer>(
        &mut self,
        optimizer: &O,
        of_group: impl Fn(&Group) -> Result<O>,
    ) -> Result<()> {
        assert!(self.stage == Stage::Backward, "`backward` comes before `step`");
        self.check_trained()?;
        optimizer.check()?;
        let (device, state) = (&self.device, &mut self.optimizing);
        state.groups.iter().try_for_each(|group| of_group(group)?.check())?;
        state.prepare(device, optimizer)?;
        let (weights, gradients) = (D::whole_mut(&mut self.weights), D::whole(&self.gradients));
        state.update(device, optimizer, of_group, weights, gradients, self.in_flight.finite_check())?;
        if self.in_flight.overflowed_at_once(&self.device)? {
            self.optimizing.rewind(1);
            return Err(self.not_finite_step(self.steps + 1)?);
        }
        self.device.submit()?;
        self.steps += 1;
        (self.passes, self.accumulated) = (0, 0);
        self.in_flight.step_begins();
        self.stage = Stage::Empty;
        Ok(())
    }
}
