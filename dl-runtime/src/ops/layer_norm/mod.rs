//! Layer normalisation over the last axis of a sample: `y = weight·(x - mean)/√(var + ε) + bias` for every row.
//!
//! Source: Ba, Kiros, Hinton, "Layer normalization", 2016. The variance is the biased one, as in PyTorch. The backward
//! pass computes mean and variance again, which takes a fifth of its time but avoids keeping a result.
//!
//! With `x̂ = (x - mean)/√(var + ε)`, `g = dy·weight` and means over the row, the gradients are `d_bias = Σ dy`,
//! `d_weight = Σ dy·x̂` (sums over rows) and `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)`.

pub(in crate::ops) mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use crate::tensor::Rows;
pub use dl_core::ops::layer_norm::LayerNorm;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

/// The settings of layer normalisation.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormOp {
    /// The number that is added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
}

/// The settings of the kernels: layer normalisation, or `rms_norm`, which does not subtract the mean.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// The number that is added to the variance.
    pub epsilon: f32,
    /// True if the mean is subtracted.
    pub centred: bool,
}

/// The kernels of normalisation by rows; the length of a row is that of `weight`.
pub trait LayerNormKernel: Storage {
    /// `y = weight·x̂ + bias` for every row. `bias` may be empty, but only if the norm is not centred.
    fn layer_norm_forward(
        &self,
        norm: Norm,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Computes the gradients to the weights (weight, then bias if there is one) and, if wanted, to the input.
    fn layer_norm_backward(
        &self,
        norm: Norm,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weights: (Self::Mut<'_, f32>, Write),
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl LayerNormOp {
    fn norm(self) -> Norm {
        Norm { epsilon: self.epsilon, centred: true }
    }
    /// Normalises every row of `input`: `[.., N]` → `[.., N]`.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, LayerNorm<N>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        let (weight, bias) = (D::slice(weights.data(), 0..N), D::slice(weights.data(), N..2 * N));
        context.device.layer_norm_forward(self.norm(), weight, bias, input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, LayerNorm<N>>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_weights: Grad<D, LayerNorm<N>>,
        d_input: Option<Grad<D, S>>,
    ) {
        context.device.layer_norm_backward(
            self.norm(),
            D::slice(weights.data(), 0..N),
            input.data(),
            d_output.data(),
            (d_weights.to.into_data(), d_weights.write),
            d_input.map(|d| (d.to.into_data(), d.write)),
        );
    }
}
