//! RMS normalisation over the last axis of a sample: `y = weight·x/√(mean(x²) + ε)` for every row.
//!
//! Source: Zhang, Sennrich, "Root mean square layer normalization", NeurIPS 2019. It is layer normalisation without the
//! mean and without the bias, and shares its kernels.

#[cfg(test)]
mod tests;

pub use dl_core::ops::rms_norm::RmsNorm;

use super::layer_norm::{Norm, Rows};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::{Context, View, ViewMut};

/// The settings of RMS normalisation.
#[derive(Clone, Copy, Debug)]
pub struct RmsNormOp {
    /// The number that is added to the mean square; PyTorch's default is 2⁻²³.
    pub epsilon: f32,
}

impl RmsNormOp {
    fn norm(self) -> Norm {
        Norm { epsilon: self.epsilon, centred: false }
    }
    /// Normalises every row of `input`: `[.., N]` → `[.., N]`.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, RmsNorm<N>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        let (weight, bias) = (weights.data(), D::slice(weights.data(), 0..0));
        context.device.layer_norm_forward(self.norm(), weight, bias, input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        weights: View<D, RmsNorm<N>>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_weights: Grad<D, RmsNorm<N>>,
        d_input: Option<Grad<D, S>>,
    ) {
        let d_weights = (d_weights.to.into_data(), d_weights.write);
        let d_input = d_input.map(|d| (d.to.into_data(), d.write));
        let (x, dy) = (input.data(), d_output.data());
        context.device.layer_norm_backward(self.norm(), weights.data(), x, dy, d_weights, d_input);
    }
}
