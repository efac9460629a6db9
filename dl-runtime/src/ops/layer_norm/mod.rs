//! Layer normalisation over the last axis of a sample: `y = weight·(x - mean)/√(var + ε) + bias` for every row.
//!
//! Source: Ba, Kiros, Hinton, "Layer normalization", 2016. The variance is the biased one, as in PyTorch. Mean and
//! variance are computed again in the backward pass, which takes a fifth of its time and saves a result to keep.
//!
//! With `x̂ = (x - mean)/√(var + ε)`, `g = dy·weight` and means over the row, the gradients are `d_bias = Σ dy`,
//! `d_weight = Σ dy·x̂` (sums over rows) and `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)`.

pub(in crate::ops) mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::init::Rng;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The weights of layer normalisation over rows of `N` features.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LayerNorm<const N: usize> {
    /// Scale of every feature, 1 at first.
    pub weight: [f32; N],
    /// Shift of every feature, 0 at first.
    pub bias: [f32; N],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const N: usize> Pod for LayerNorm<N> {
    type Element = f32;
}

impl<const N: usize> LayerNorm<N> {
    /// Scale 1, shift 0; draws nothing.
    pub fn init(&mut self, _: &mut Rng) {
        self.weight.fill(1.0);
        self.bias.fill(0.0);
    }
}

/// Samples whose last axis has `N` features: `[f32; N]`, `[[f32; N]; T]`, ….
#[diagnostic::on_unimplemented(message = "the last axis of `{Self}` does not have {N} features")]
pub trait Rows<const N: usize>: Pod<Element = f32> {}
impl<const N: usize> Rows<N> for [f32; N] {}
impl<T: Rows<N>, const N: usize, const M: usize> Rows<N> for [T; M] {}

/// The settings of layer normalisation.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormOp {
    /// Added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
}

/// Layer normalisation, or what is left of it without the mean: `rms_norm`.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether the mean is taken away.
    pub centred: bool,
}

/// The kernels of normalisation by rows; a row is as long as `weight`.
pub trait LayerNormKernel: Storage {
    /// `y = weight·x̂ + bias` for every row; `bias` is empty where there is none, which is not centred then.
    fn layer_norm_forward(
        &self,
        norm: Norm,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// The gradients to the weights (weight, then bias if there is one) and, where asked for, to the input.
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
    /// `output` is `input` with every row normalised.
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
    /// The gradients to the weights and the input.
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
