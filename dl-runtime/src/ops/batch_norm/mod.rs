//! Batch normalisation of every channel over the batch (and the positions of `[C, H, W]`):
//! `y = weight·(x - mean)/√(var + ε) + bias`.
//!
//! Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
//! shift", ICML 2015. Training uses the batch's mean and biased variance; inference the running ones, which follow the
//! batch's mean and unbiased variance by `running += momentum·(batch - running)`, as in PyTorch.
//!
//! The forward pass of training moves the running statistics, once at each use; what backward does, and whether there is
//! one, has no part in it, and optimizers leave them alone (`Role::Statistic`). A variance is never below 0. A batch with
//! one value for a channel says nothing about the variance: the running variance stays; sessions refuse it in training. Where a mean or a variance would
//! not be finite, both of the channel stay, so that a batch that overflows leaves a network that can be used; it is told
//! all the same, since the channel's outputs are then not numbers.
//!
//! With `x̂ = (x - mean)/√(var + ε)` and means over the batch, the gradients are `d_bias = Σ dy`, `d_weight = Σ dy·x̂`
//! and `dx = weight/√(var + ε)·(dy - mean(dy) - x̂·mean(dy·x̂))`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod features;
mod maps;
#[cfg(test)]
mod tests;

use crate::init::Rng;
use crate::ops::Activation;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Statistics, Write};
use crate::{Context, Pod, View, ViewMut};

/// The weights and running statistics of batch normalisation over `C` channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct BatchNorm<const C: usize> {
    /// Scale of every channel, 1 at first.
    pub weight: [f32; C],
    /// Shift of every channel, 0 at first.
    pub bias: [f32; C],
    /// Mean seen in training, 0 at first.
    pub running_mean: [f32; C],
    /// Unbiased variance seen in training, 1 at first.
    pub running_var: [f32; C],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const C: usize> Pod for BatchNorm<C> {
    type Element = f32;
}

impl<const C: usize> BatchNorm<C> {
    /// Scale 1, shift 0, mean 0, variance 1; draws nothing.
    pub fn init(&mut self, _: &mut Rng) {
        self.weight.fill(1.0);
        self.bias.fill(0.0);
        self.running_mean.fill(0.0);
        self.running_var.fill(1.0);
    }
}

/// The settings of batch normalisation.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormOp {
    /// Weight of the new batch in the running statistics; PyTorch's default is 0.1.
    pub momentum: f32,
    /// Added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
    /// What is applied to the output in the same pass.
    pub activation: Activation,
}

/// Sizes at run time: data lies as [samples, channels, spatial_size].
#[derive(Clone, Copy, Debug)]
pub struct BatchNormSizes {
    /// Channels.
    pub channels: usize,
    /// Positions of one channel: H·W, or 1.
    pub spatial_size: usize,
}

/// The kernels of batch normalisation. `weights` are those of [`BatchNorm`], one after the other; the number of samples
/// follows from the lengths.
pub trait BatchNormKernel: Storage {
    /// Normalises by the batch, and moves the running statistics; `saved` gets the batch's mean and biased variance, channel by
    /// channel.
    fn batch_norm_forward(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Mut<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        saved: Self::Mut<'_, f32>,
    );
    /// Normalises by the running statistics.
    fn batch_norm_infer(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Normalises `x` by the running statistics.
    fn batch_norm_infer_in_place(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Ref<'_, f32>,
        x: Self::Mut<'_, f32>,
    );
    /// The gradients to scale and shift and, where asked for, to the input. In the positions of the running statistics nothing is
    /// written.
    #[expect(clippy::too_many_arguments, reason = "one reading of the batch serves both gradients")]
    fn batch_norm_backward(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        saved: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weights: (Self::Mut<'_, f32>, Write),
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl BatchNormOp {
    /// `output` is `input` normalised by the batch, whose moments move the running statistics; `saved` gets the mean and the
    /// biased variance of every channel. With [`Statistics::Running`] it is [`BatchNormOp::infer`], and `saved` stays.
    pub fn forward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: ViewMut<D, BatchNorm<C>>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
        saved: ViewMut<D, [[f32; C]; 2]>,
    ) {
        if context.statistics == Statistics::Running {
            return self.infer(context, weights.view(), input, output);
        }
        let sizes = BatchNormSizes { channels: C, spatial_size: T::LEN };
        let (weights, y, saved) = (weights.into_data(), output.into_data(), saved.into_data());
        context.device.batch_norm_forward(self, sizes, weights, input.data(), y, saved);
    }
    /// `output` is `input` normalised by the running statistics.
    pub fn infer<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
    ) {
        let sizes = BatchNormSizes { channels: C, spatial_size: T::LEN };
        context.device.batch_norm_infer(self, sizes, weights.data(), input.data(), output.into_data());
    }
    /// Normalises `value` by the running statistics.
    pub fn infer_in_place<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        value: ViewMut<D, [T; C]>,
    ) {
        let sizes = BatchNormSizes { channels: C, spatial_size: T::LEN };
        context.device.batch_norm_infer_in_place(self, sizes, weights.data(), value.into_data());
    }
    /// The gradients to scale, shift and the input; `d_output` is the gradient before the activation.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        input: View<D, [T; C]>,
        saved: View<D, [[f32; C]; 2]>,
        d_output: View<D, [T; C]>,
        d_weights: Grad<D, BatchNorm<C>>,
        d_input: Option<Grad<D, [T; C]>>,
    ) {
        context.device.batch_norm_backward(
            self,
            BatchNormSizes { channels: C, spatial_size: T::LEN },
            weights.data(),
            input.data(),
            saved.data(),
            d_output.data(),
            (d_weights.to.into_data(), d_weights.write),
            d_input.map(|d| (d.to.into_data(), d.write)),
        );
    }
}
