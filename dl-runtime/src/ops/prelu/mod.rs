//! The parametric ReLU: `y = x` for positive x and `weight·x` otherwise, with a weight for every channel or one for all
//! (PyTorch's `PReLU`).
//!
//! Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015. Its gradients are `dx = dy` or `weight·dy`,
//! and `d_weight = Σ dy·min(x, 0)`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::prelu::Prelu;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// A parametric ReLU has no settings.
#[derive(Clone, Copy, Debug)]
pub struct PreluOp {}

/// The kernels of parametric ReLUs. The data has the layout [samples, weights, spatial_size].
pub trait PreluKernel: Storage {
    /// `y = x` where x is positive, else `weight·x`.
    fn prelu_forward(
        &self,
        spatial_size: usize,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Computes the gradients to the weights and, if wanted, to the input.
    fn prelu_backward(
        &self,
        spatial_size: usize,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: (Self::Mut<'_, f32>, Write),
        d_input: Option<(Self::Mut<'_, f32>, Write)>,
    );
}

impl PreluOp {
    /// Returns how many consecutive numbers share a weight.
    fn spatial_size<S: Pod>(self, channels: usize) -> usize {
        assert!(S::LEN.is_multiple_of(channels), "channels of a parametric rectifier");
        S::LEN / channels
    }
    /// `output = input` where the input is positive, else `weight·input`; `S` → `S`.
    pub fn forward<D: Device, S: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Prelu<C>>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.prelu_forward(self.spatial_size::<S>(C), weights.data(), input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input.
    pub fn backward<D: Device, S: Pod<Element = f32>, const C: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Prelu<C>>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_weights: Grad<D, Prelu<C>>,
        d_input: Option<Grad<D, S>>,
    ) {
        let d_weight = (d_weights.to.into_data(), d_weights.write);
        let d_input = d_input.map(|d| (d.to.into_data(), d.write));
        let (spatial_size, x, dy) = (self.spatial_size::<S>(C), input.data(), d_output.data());
        context.device.prelu_backward(spatial_size, weights.data(), x, dy, d_weight, d_input);
    }
}
