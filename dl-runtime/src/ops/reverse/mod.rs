//! Reversal of a sequence: `y[t] = x[T - 1 - t]`, PyTorch's `flip` of the first dimension. Its gradient is the reversed gradient.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Rows, Sequences, Storage, Write};
use crate::{Context, View, ViewMut};

/// A reversal has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ReverseOp {}

/// The kernel of reversals.
pub trait ReverseKernel: Storage {
    /// `y` is `x` with the rows of each sample in reverse order, set or added; a row has `row` numbers.
    fn reverse(
        &self,
        sequences: Sequences<'_, Self>,
        row: usize,
        x: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl ReverseOp {
    /// `output[t] = input[T - 1 - t]`, `[T, N]` → `[T, N]`, where `T` is the length of the sample.
    pub fn forward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.reverse(sequences, N, input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Rows<N>, const N: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.reverse(sequences, N, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}
