//! Reversal of a sequence: `y[t] = x[T - 1 - t]`, PyTorch's `flip` of the first dimension. Its gradient is the reversed gradient.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Storage, Write};
use crate::{Context, View, ViewMut};

/// A reversal has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ReverseOp {}

/// The kernel of reversals.
pub trait ReverseKernel: Storage {
    /// `y` is `x` with the rows of each sample in reverse order, set or added; a sample has `size` rows of `row` numbers.
    fn reverse(&self, size: usize, row: usize, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
}

impl ReverseOp {
    /// `output[t] = input[T - 1 - t]`, `[T, N]` → `[T, N]`.
    pub fn forward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        input: View<D, [[f32; N]; T]>,
        output: ViewMut<D, [[f32; N]; T]>,
    ) {
        context.device.reverse(T, N, input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, const T: usize, const N: usize>(
        self,
        context: &Context<D>,
        d_output: View<D, [[f32; N]; T]>,
        d_input: Grad<D, [[f32; N]; T]>,
    ) {
        context.device.reverse(T, N, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}
