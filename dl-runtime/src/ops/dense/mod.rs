//! The dense (fully connected) layer `y = f(W·x + b)`, where `W` has shape [out, in]; PyTorch's `Linear`.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod small;
#[cfg(test)]
mod tests;

pub use dl_core::ops::dense::Dense;

use crate::ops::Activation;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Rows, Write};
use crate::{Context, View, ViewMut};
use std::mem::offset_of;

/// The settings of a dense layer.
#[derive(Clone, Copy, Debug)]
pub struct DenseOp {
    /// The activation, which is applied to the sums in the same pass.
    pub activation: Activation,
}

/// The sizes of one call.
#[derive(Clone, Copy, Debug)]
pub struct DenseSizes {
    /// The batch size: the number of samples times the rows of a sample.
    pub samples: usize,
    /// The number of input features.
    pub inputs: usize,
    /// The number of output features.
    pub outputs: usize,
}

/// The kernels of dense layers.
pub trait DenseKernel: Storage {
    /// `y = f(x·Wᵀ + b)`; `bias` is empty when the layer has none.
    fn dense_forward(
        &self,
        sizes: DenseSizes,
        activation: Activation,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Does the same as [`DenseKernel::dense_forward`] for one sample; a device may have kernels compiled for the very
    /// size.
    #[inline]
    fn dense_forward_one<const I: usize, const O: usize>(
        &self,
        activation: Activation,
        weight: Self::Ref<'_, f32>,
        bias: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    ) {
        self.dense_forward(DenseSizes { samples: 1, inputs: I, outputs: O }, activation, weight, bias, x, y);
    }
    /// `dx = dy·W`.
    fn dense_backward_input(
        &self,
        sizes: DenseSizes,
        weight: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `dW = dyᵀ·x` and `db = Σ dy`.
    fn dense_backward_weights(
        &self,
        sizes: DenseSizes,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        d_bias: Self::Mut<'_, f32>,
        write: Write,
    );
    /// Does the same as [`DenseKernel::dense_backward_weights`] and [`DenseKernel::dense_backward_input`]; a device may
    /// do both in one launch.
    #[allow(clippy::too_many_arguments, reason = "those of two kernels")]
    fn dense_backward(
        &self,
        sizes: DenseSizes,
        weight: Self::Ref<'_, f32>,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        [d_weight, d_bias]: [Self::Mut<'_, f32>; 2],
        write: Write,
        dx: Self::Mut<'_, f32>,
        write_dx: Write,
    ) {
        self.dense_backward_weights(sizes, x, dy, d_weight, d_bias, write);
        self.dense_backward_input(sizes, weight, dy, dx, write_dx);
    }
}

impl DenseOp {
    /// `output = f(W·input + b)`, `[I]` → `[O]`, or `[…, I]` → `[…, O]` for every row.
    pub fn forward<D: Device, X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize, const B: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Dense<I, O, B>>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        const { assert!(X::LEN * O == Y::LEN * I, "as many rows out as in") };
        let sizes = DenseSizes { samples: input.rows::<I>().len(), inputs: I, outputs: O };
        let weight = weights.field::<[[f32; I]; O]>(offset_of!(Dense<I, O, B>, weight)).data();
        let bias = weights.field::<[f32; B]>(offset_of!(Dense<I, O, B>, bias)).data();
        // In a debug build, code that is instantiated in the user's crate would be slower than this crate's precompiled
        // kernels.
        if const { I.saturating_mul(O) <= small::MAX_WEIGHTS } && sizes.samples == 1 && !cfg!(debug_assertions) {
            let (x, y) = (input.data(), output.into_data());
            return context.device.dense_forward_one::<I, O>(self.activation, weight, bias, x, y);
        }
        context.device.dense_forward(sizes, self.activation, weight, bias, input.data(), output.into_data());
    }
    /// Computes the gradients to the weights and the input. `d_output` is the gradient to the sums, before the
    /// activation.
    pub fn backward<D: Device, X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize, const B: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Dense<I, O, B>>,
        input: View<D, X>,
        d_output: View<D, Y>,
        d_weights: Grad<D, Dense<I, O, B>>,
        d_input: Option<Grad<D, X>>,
    ) {
        let sizes = DenseSizes { samples: input.rows::<I>().len(), inputs: I, outputs: O };
        if context.frozen.all::<D>(weights.data()) {
            let Some(Grad { to, write }) = d_input else { return };
            let weight = weights.field::<[[f32; I]; O]>(offset_of!(Dense<I, O, B>, weight)).data();
            return context.device.dense_backward_input(sizes, weight, d_output.data(), to.into_data(), write);
        }
        let (d_weight, d_bias) = D::split_mut(d_weights.to.into_data(), I * O);
        let (x, dy) = (input.data(), d_output.data());
        let Some(Grad { to, write }) = d_input else {
            return context.device.dense_backward_weights(sizes, x, dy, d_weight, d_bias, d_weights.write);
        };
        let weight = weights.field::<[[f32; I]; O]>(offset_of!(Dense<I, O, B>, weight)).data();
        context.device.dense_backward(sizes, weight, x, dy, [d_weight, d_bias], d_weights.write, to.into_data(), write);
    }
}
