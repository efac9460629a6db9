//! Layer scale: `y = weight·x` with a learned factor for every feature, or for every channel of an image.
//!
//! Source: Touvron et al., "Going deeper with image transformers" (CaiT), ICCV 2021; ConvNeXt has one for each channel. Its
//! gradients are `dx = weight·dy` and `d_weight = Σ x·dy`, over everything that a factor multiplies.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::scale::Scale;

use crate::ops::Device;
use crate::tensor::{Grad, Storage, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a scale.
#[derive(Clone, Copy, Debug)]
pub struct ScaleOp {
    /// The number of consecutive elements that share a factor: 1 for features, the size of a channel for images.
    pub inner: usize,
}

/// The kernels of scales. The data has the layout [rows, weights, inner].
pub trait ScaleKernel: Storage {
    /// `y = weight·x`, set or added.
    fn scale(
        &self,
        inner: usize,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d_weight = Σ x·dy`, set or added.
    fn scale_backward_weight(
        &self,
        inner: usize,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl ScaleOp {
    fn assert_sizes<S: Pod, const N: usize>(self) {
        assert!(S::LEN.is_multiple_of(N * self.inner), "a sample of {} numbers for {N} factors", S::LEN);
    }
    /// `output = weight·input`; `[.., N]` → `[.., N]`, or `[N, h, w]` → `[N, h, w]`.
    pub fn forward<D: Device, S: Pod<Element = f32>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Scale<N>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        self.assert_sizes::<S, N>();
        context.device.scale(self.inner, weights.data(), input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradients to the weights and the input.
    pub fn backward<D: Device, S: Pod<Element = f32>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Scale<N>>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_weights: Grad<D, Scale<N>>,
        d_input: Option<Grad<D, S>>,
    ) {
        self.assert_sizes::<S, N>();
        let (device, dy) = (context.device, d_output.data());
        device.scale_backward_weight(self.inner, input.data(), dy, d_weights.to.into_data(), d_weights.write);
        if let Some(Grad { to, write }) = d_input {
            device.scale(self.inner, weights.data(), dy, to.into_data(), write);
        }
    }
}
