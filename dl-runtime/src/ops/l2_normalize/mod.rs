//! L2 normalisation: `y = x/max(‖x‖, ε)` over the last axis of a sample, as PyTorch's `F.normalize`.
//!
//! The gradient is `dx = (dy - y·Σ dy·y)/‖x‖`, and `dy/ε` for a row with a norm below ε.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of L2 normalisation.
#[derive(Clone, Copy, Debug)]
pub struct L2NormalizeOp {
    /// The length of a row: the size of the last axis.
    pub n: usize,
    /// The smallest divisor; PyTorch's default is 1e-12.
    pub epsilon: f32,
}

/// The kernels of L2 normalisation.
pub trait L2NormalizeKernel: Storage {
    /// `y = x/max(‖x‖, ε)`.
    fn l2_normalize_forward(&self, op: L2NormalizeOp, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `dx = (dy - y·Σ dy·y)/‖x‖`, or `+=` with [`Write::Add`].
    fn l2_normalize_backward(
        &self,
        op: L2NormalizeOp,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl L2NormalizeOp {
    /// Checks the settings for samples of type `S`.
    fn of<S: Pod>(self) -> Self {
        assert!(S::LEN.is_multiple_of(self.n), "sizes of a normalisation");
        self
    }
    /// Scales every row of `input` to norm 1: `[.., n]` → `[.., n]`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.l2_normalize_forward(self.of::<S>(), input.data(), output.into_data());
    }
    /// Computes the gradient to the input, from the input.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        context.device.l2_normalize_backward(self.of::<S>(), input.data(), d_output.data(), to.into_data(), write);
    }
}
