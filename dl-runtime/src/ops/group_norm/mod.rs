//! Group normalisation: the channels of a sample are split into groups, and each group is scaled to mean 0 and variance
//! 1 over its channels and positions: `y = weight_c·(x - mean)/√(var + ε) + bias_c`. With as many groups as channels it
//! is instance normalisation.
//!
//! Sources: Wu, He, "Group normalization", ECCV 2018; Ulyanov, Vedaldi, Lempitsky, "Instance normalization", 2016. The
//! variance is the biased one, as in PyTorch. With `x̂ = (x - mean)/√(var + ε)`, `g = dy·weight` and means over the
//! group, the gradients are `d_bias = Σ dy`, `d_weight = Σ dy·x̂` and `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::group_norm::GroupNorm;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of group normalisation.
#[derive(Clone, Copy, Debug)]
pub struct GroupNormOp {
    /// The number of groups, which must divide the number of channels.
    pub groups: usize,
    /// The number that is added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
}

/// Group normalisation without weights, which is the default of instance normalisation.
#[derive(Clone, Copy, Debug)]
pub struct Unweighted {
    /// The number of groups, which must divide the number of channels.
    pub groups: usize,
    /// The number that is added to the variance.
    pub epsilon: f32,
}

/// The sizes of one call; the data has the layout [samples, channels, spatial_size].
#[derive(Clone, Copy, Debug)]
pub struct GroupNormSizes {
    /// The number of channels of a sample.
    pub channels: usize,
    /// The size of a channel: height times width.
    pub spatial_size: usize,
    /// The number of groups of a sample.
    pub groups: usize,
    /// The number that is added to the variance.
    pub epsilon: f32,
}

/// The kernels of group normalisation; `weights` holds the scales, then the shifts, or is empty.
pub trait GroupNormKernel: Storage {
    /// `y = weight·x̂ + bias`.
    fn group_norm_forward(
        &self,
        s: GroupNormSizes,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Computes the gradients to the weights, if there are any, and, if wanted, to the input.
    fn group_norm_backward(
        &self,
        s: GroupNormSizes,
        weights: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weights: Option<(Self::Mut<'_, f32>, Write)>,
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl GroupNormOp {
    fn sizes(self, channels: usize, spatial_size: usize) -> GroupNormSizes {
        let GroupNormOp { groups, epsilon } = self;
        assert!(groups > 0 && channels.is_multiple_of(groups), "groups of channels");
        GroupNormSizes { channels, spatial_size, groups, epsilon }
    }
    /// Normalises every group of `input`: `[C, ..]` → `[C, ..]`.
    pub fn forward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, GroupNorm<C>>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
    ) {
        context.device.group_norm_forward(self.sizes(C, T::LEN), weights.data(), input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input.
    pub fn backward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, GroupNorm<C>>,
        input: View<D, [T; C]>,
        d_output: View<D, [T; C]>,
        d_weights: Grad<D, GroupNorm<C>>,
        d_input: Option<Grad<D, [T; C]>>,
    ) {
        let d_weights = Some((d_weights.to.into_data(), d_weights.write));
        let d_input = d_input.map(|d| (d.to.into_data(), d.write));
        let (s, x, dy) = (self.sizes(C, T::LEN), input.data(), d_output.data());
        context.device.group_norm_backward(s, weights.data(), x, dy, d_weights, d_input);
    }
}

impl Unweighted {
    fn sizes(self, channels: usize, spatial_size: usize) -> GroupNormSizes {
        GroupNormOp { groups: self.groups, epsilon: self.epsilon }.sizes(channels, spatial_size)
    }
    /// Normalises every group of `input`: `[C, ..]` → `[C, ..]`.
    pub fn forward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        input: View<D, [T; C]>,
        output: ViewMut<D, [T; C]>,
    ) {
        let none = D::slice(input.data(), 0..0);
        context.device.group_norm_forward(self.sizes(C, T::LEN), none, input.data(), output.into_data());
    }
    /// Computes the gradient to the input, from the input.
    pub fn backward<D: Device, T: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        input: View<D, [T; C]>,
        d_output: View<D, [T; C]>,
        d_input: Grad<D, [T; C]>,
    ) {
        let (none, d_input) = (D::slice(input.data(), 0..0), Some((d_input.to.into_data(), d_input.write)));
        let (s, x, dy) = (self.sizes(C, T::LEN), input.data(), d_output.data());
        context.device.group_norm_backward(s, none, x, dy, None, d_input);
    }
}
