//! Softmax and log-softmax over one axis of a sample: the features of `[n]`, the channels of `[c, h, w]` at every
//! position (PyTorch's `dim=1`), or any other. Softmax is `y = e^x / Σ e^x` with gradient `dx = y·(dy - Σ dy·y)`.
//! Log-softmax is `y = x - ln Σ e^x` with gradient `dx = dy - e^y·Σ dy`.
//!
//! The largest input is subtracted before the exponentials, so that none overflows.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod positions;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of softmax; the data has the layout [before, classes, positions].
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxOp {
    /// The size of the axis over which the outputs sum to 1.
    pub classes: usize,
    /// The stride of that axis: the product of the dimensions after it.
    pub positions: usize,
    /// True if the logarithm of softmax is computed.
    pub log: bool,
}

/// The kernels of softmax; the number of rows follows from the lengths.
pub trait SoftmaxKernel: Storage {
    /// `y = softmax(x)`.
    fn softmax_forward(&self, op: SoftmaxOp, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = softmax(x)`.
    fn softmax_forward_in_place(&self, op: SoftmaxOp, x: Self::Mut<'_, f32>);
    /// `dx = y·(dy - Σ dy·y)`, or `dy - e^y·Σ dy` for the logarithm; or `+=` with [`Write::Add`].
    fn softmax_backward(
        &self,
        op: SoftmaxOp,
        y: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// Does the same in place: `d` holds `dy` before and `dx` after.
    fn softmax_backward_in_place(&self, op: SoftmaxOp, y: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl SoftmaxOp {
    /// Checks the settings for samples of type `S`.
    fn of<S: Pod>(self) -> Self {
        assert!(S::LEN.is_multiple_of(self.classes * self.positions), "sizes of a softmax");
        self
    }
    /// `output = softmax(input)`, `S` → `S`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.softmax_forward(self.of::<S>(), input.data(), output.into_data());
    }
    /// `value = softmax(value)`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.softmax_forward_in_place(self.of::<S>(), value.into_data());
    }
    /// Computes the gradient to the input, from the output.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        output: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        let Grad { to, write } = d_input;
        context.device.softmax_backward(self.of::<S>(), output.data(), d_output.data(), to.into_data(), write);
    }
    /// Computes the gradient to the input in place of the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        output: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        context.device.softmax_backward_in_place(self.of::<S>(), output.data(), d.into_data());
    }
}
