//! Batch normalisation, `y = weight·(x - mean)/√(var + ε) + bias`, of every channel over the batch and, for
//! `[C, H, W]`, over the pixels.
//!
//! Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
//! shift", ICML 2015. Training uses the batch's mean and biased variance. Inference uses the running mean and variance,
//! which training updates with the batch's mean and unbiased variance by `running += momentum·(batch - running)`, as in
//! PyTorch.
//!
//! Each forward pass in training updates the running statistics. The backward pass has no part in it, and optimizers do
//! not change them (`Role::Statistic`). A variance is never below 0. If a batch has a single element in a channel,
//! which sessions refuse in training, the running variance does not change. If the new mean or variance of a channel
//! were not finite, neither would change, so that the network stays usable after a batch that overflows. The overflow
//! is still noticed, because the channel's outputs are NaN.
//!
//! If the running statistics are frozen ([`Frozen`](crate::tensor::Frozen)), training normalises by them too, and they
//! do not change: a frozen encoder computes what it computes at inference, as with `trainable = False` in Keras, and with
//! `eval()` in PyTorch.
//!
//! With `x̂ = (x - mean)/√(var + ε)` and means over the batch, the gradients are `d_bias = Σ dy`, `d_weight = Σ dy·x̂`
//! and `dx = weight/√(var + ε)·(dy - mean(dy) - x̂·mean(dy·x̂))`. Frozen
//! statistics are constants, so both means are left out: `dx = weight/√(var + ε)·dy`.

mod blocked;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod features;
mod maps;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::batch_norm::BatchNorm;

use crate::ops::Activation;
use crate::ops::Device;
use crate::ops::channel_blocks::AnyImage;
use crate::tensor::Storage;
use crate::tensor::{Grad, Statistics, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of batch normalisation.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormOp {
    /// The weight of the new batch in the running statistics; PyTorch's default is 0.1.
    pub momentum: f32,
    /// The number added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
    /// The activation, which is applied to the output in the same pass.
    pub activation: Activation,
}

/// The sizes of one call. A batch has shape [samples, channels, spatial_size].
#[derive(Clone, Copy, Debug)]
pub struct BatchNormSizes {
    /// The number of channels.
    pub channels: usize,
    /// The number of pixels of one channel: H·W, or 1.
    pub spatial_size: usize,
}

/// Batch normalisation by the running statistics, for the operation that applies it to its own output.
pub struct RunningNorm<'a, D: Storage> {
    /// The settings, of which the activation does not count.
    pub(in crate::ops) op: BatchNormOp,
    /// The fields of [`BatchNorm`], one after the other.
    pub(in crate::ops) weights: D::Ref<'a, f32>,
}

impl<'a, D: Storage> RunningNorm<'a, D> {
    /// Returns all fields, and the running statistics.
    pub(in crate::ops) fn parts(self, channels: usize) -> [D::Ref<'a, f32>; 2] {
        [self.weights, D::slice(self.weights, 2 * channels..4 * channels)]
    }
}

/// The kernels of batch normalisation. `weights` holds the fields of [`BatchNorm`], one after the other. The number of
/// samples follows from the lengths.
pub trait BatchNormKernel: Storage {
    /// Normalises by the batch's statistics, updates the running statistics, and writes the batch's means, then its
    /// biased variances, to `saved`.
    fn batch_norm_forward(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Mut<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        saved: Self::Mut<'_, f32>,
    );
    /// Normalises by given statistics: means, then variances.
    fn batch_norm_by(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Ref<'_, f32>,
        statistics: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Normalises `x` in place by given statistics. If there is a `summand`, it is added before the activation.
    fn batch_norm_by_in_place(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Self::Ref<'_, f32>,
        statistics: Self::Ref<'_, f32>,
        summand: Option<Self::Ref<'_, f32>>,
        x: Self::Mut<'_, f32>,
    );
    /// Normalises images in blocks of channels by the running statistics, in place if there is no `x`. A device without blocks calls its
    /// other kernels.
    fn batch_norm_blocked(
        &self,
        norm: RunningNorm<'_, Self>,
        sizes: BatchNormSizes,
        x: Option<Self::Ref<'_, f32>>,
        y: Self::Mut<'_, f32>,
    ) {
        let (op, [weights, statistics]) = (norm.op, norm.parts(sizes.channels));
        match x {
            Some(x) => self.batch_norm_by(op, sizes, weights, statistics, x, y),
            None => self.batch_norm_by_in_place(op, sizes, weights, statistics, None, y),
        }
    }
    /// Computes the gradients to scale and shift and to the input, except where they are `None`. `saved` are the
    /// `statistics` by which the forward pass normalised. The positions of the running ones are not written.
    #[expect(clippy::too_many_arguments, reason = "one reading of the batch serves both gradients")]
    fn batch_norm_backward(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        statistics: Statistics,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        saved: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weights: Option<(Self::Mut<'_, f32>, Write)>,
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

/// Returns the sizes for images of `C` channels.
fn sizes_of<X: AnyImage, const C: usize>() -> BatchNormSizes {
    assert_eq!(X::CHANNELS, C, "channels of a batch norm");
    BatchNormSizes { channels: C, spatial_size: X::SIZE[0] * X::SIZE[1] }
}

impl BatchNormOp {
    /// Normalises `input` by the batch's statistics, `[C]` → `[C]` or `[C, H, W]` → `[C, H, W]`, and updates the
    /// running statistics. It writes the mean and the biased variance of every channel to `saved`, `[2, C]`. With
    /// [`Statistics::Running`], or if the running statistics are frozen, it normalises by those and writes them to `saved`.
    pub fn forward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: ViewMut<D, BatchNorm<C>>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
        saved: ViewMut<D, [[f32; C]; 2]>,
    ) {
        let sizes = BatchNormSizes { channels: C, spatial_size: T::LEN };
        let running = running(weights.view());
        if context.statistics_of(running) == Statistics::Running {
            context.device.copy(running, saved.into_data());
            let (x, y) = (input.data(), output.into_data());
            return context.device.batch_norm_by(self, sizes, weights.view().data(), running, x, y);
        }
        let (weights, y, saved) = (weights.into_data(), output.into_data(), saved.into_data());
        context.device.batch_norm_forward(self, sizes, weights, input.data(), y, saved);
    }
    /// Computes the output of [`BatchNormOp::forward`] again, by the statistics of the batch in `saved`; the running ones stay as they are.
    pub fn forward_again<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
        saved: View<D, [[f32; C]; 2]>,
    ) {
        let sizes = BatchNormSizes { channels: C, spatial_size: T::LEN };
        let (x, y) = (input.data(), output.into_data());
        context.device.batch_norm_by(self, sizes, weights.data(), saved.data(), x, y);
    }
    /// Normalises `input` by the running statistics, `[C]` → `[C]` or `[C, H, W]` → `[C, H, W]`, where both may be in blocks of channels.
    pub fn infer<D: Device, X: AnyImage, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        input: View<D, X>,
        output: ViewMut<D, X>,
    ) {
        let (sizes, x, y) = (sizes_of::<X, C>(), input.data(), output.into_data());
        if X::BLOCKED {
            return context.device.batch_norm_blocked(self.by_running(weights), sizes, Some(x), y);
        }
        context.device.batch_norm_by(self, sizes, weights.data(), running::<D, C>(weights), x, y);
    }
    /// Returns the normalisation by the running statistics for the operation before it, which applies it to its output.
    pub fn by_running<D: Device, const C: usize>(self, weights: View<D, BatchNorm<C>>) -> RunningNorm<D> {
        RunningNorm { op: self, weights: weights.data() }
    }
    /// Normalises `value`, `[C]` or `[C, H, W]`, in place by the running statistics. It may be in blocks of channels.
    pub fn infer_in_place<D: Device, X: AnyImage, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, BatchNorm<C>>,
        value: ViewMut<D, X>,
    ) {
        let (sizes, x) = (sizes_of::<X, C>(), value.into_data());
        if X::BLOCKED {
            return context.device.batch_norm_blocked(self.by_running(weights), sizes, None, x);
        }
        context.device.batch_norm_by_in_place(self, sizes, weights.data(), running::<D, C>(weights), None, x);
    }
    /// Computes the gradients to scale and shift, `[C]` each, and, unless `None`, to the input. `d_output` has the
    /// shape of the output, and is the gradient before the activation.
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
        let frozen = context.frozen.all::<D>(D::slice(weights.data(), 0..2 * C));
        context.device.batch_norm_backward(
            self,
            BatchNormSizes { channels: C, spatial_size: T::LEN },
            context.statistics_of(running(weights)),
            weights.data(),
            input.data(),
            saved.data(),
            d_output.data(),
            (!frozen).then(|| (d_weights.to.into_data(), d_weights.write)),
            d_input.map(|d| (d.to.into_data(), d.write)),
        );
    }
}

/// Returns the running statistics, mean and variance.
fn running<D: Device, const C: usize>(weights: View<'_, D, BatchNorm<C>>) -> D::Ref<'_, f32> {
    D::slice(weights.data(), 2 * C..4 * C)
}
