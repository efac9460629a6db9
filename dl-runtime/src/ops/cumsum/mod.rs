//! Cumulative sums along an axis: `y[i] = x[0] + … + x[i]`, PyTorch's `cumsum`. The gradient to `x[i]` is `dy[i] + … + dy[n - 1]`,
//! a cumulative sum from the end.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

use crate::ops::Device;
use crate::tensor::{Grad, Storage, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of a cumulative sum.
#[derive(Clone, Copy, Debug)]
pub struct CumsumOp {
    /// The size of the axis.
    pub size: usize,
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

/// The end of the axis at which the sums begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The first index (forward).
    First,
    /// The last index (backward).
    Last,
}

/// The kernel of cumulative sums.
pub trait CumsumKernel: Storage {
    /// `y` = sums of `x` along the axis from one end, set or added; the data has the layout [outer, size, inner].
    fn cumsum(&self, op: CumsumOp, from: From, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
}

impl CumsumOp {
    fn assert_sizes<S: Pod>(self) {
        assert!(S::LEN.is_multiple_of(self.size * self.inner), "sizes of a cumulative sum");
    }
    /// `output[i] = input[0] + … + input[i]` along the axis; the shape stays.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        self.assert_sizes::<S>();
        context.device.cumsum(self, From::First, input.data(), output.into_data(), Write::Set);
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        self.assert_sizes::<S>();
        context.device.cumsum(self, From::Last, d_output.data(), d_input.to.into_data(), d_input.write);
    }
}
