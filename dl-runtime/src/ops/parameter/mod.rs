//! A learned tensor as a value of a network: the same numbers for every sample, PyTorch's `nn.Parameter` with `expand`. Its gradient
//! is the sum of the gradients of all samples.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::parameter::Parameter;

use crate::ops::Device;
use crate::tensor::{Grad, Sequences, Storage};
use crate::{Context, Pod, View, ViewMut};

/// A parameter has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ParameterOp {}

/// The kernel of parameters.
pub trait ParameterKernel: Storage {
    /// Writes `values` once for every sample.
    fn repeat_values(&self, values: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
}

impl ParameterOp {
    /// `output = weight`, for every sample.
    pub fn forward<D: Device, T: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        weights: View<D, Parameter<T>>,
        output: ViewMut<D, T>,
    ) {
        context.device.repeat_values(weights.data(), output.into_data());
    }
    /// Computes the gradient to the weights, the sum over the samples.
    pub fn backward<D: Device, T: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        _: View<D, Parameter<T>>,
        d_output: View<D, T>,
        d_weights: Grad<D, Parameter<T>>,
    ) {
        let Grad { to, write } = d_weights;
        // The values are one row for each sample.
        let rows = Sequences::equal(d_output.len(), 1);
        context.device.add_positions_backward(rows, T::LEN, d_output.data(), to.into_data(), write);
    }
}
