//! Activations and other elementwise functions, `y = f(x)`.
//!
//! `table.rs` has one entry for each function, from which [`Activation`] is generated.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod function;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod table;
#[cfg(test)]
mod tests;

pub use table::Activation;
pub(crate) use {function::Function, table::functions, table::with_function};

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The tensor that the backward pass of an activation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedForBackward {
    /// The input, because the derivative does not follow from the output.
    Input,
    /// The output, so that the preceding operation can apply the activation in the same pass.
    Output,
}

/// The kernels of activations.
pub trait ActivationKernel: Storage {
    /// `y = f(x)`.
    fn activation_forward(&self, f: Activation, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = f(x)`.
    fn activation_forward_in_place(&self, f: Activation, x: Self::Mut<'_, f32>);
    /// `dx = f'(kept)·dy`, or `+=` with [`Write::Add`].
    fn activation_backward(
        &self,
        f: Activation,
        kept: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d = f'(kept)·d`.
    fn activation_backward_in_place(&self, f: Activation, kept: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl Activation {
    /// Returns the least and the largest result of an activation that does nothing but limit numbers.
    pub(in crate::ops) fn limits(self) -> Option<[f32; 2]> {
        match self {
            Activation::Relu => Some([0.0, f32::INFINITY]),
            Activation::HardTanh { min, max } | Activation::Clamp { min, max } => Some([min, max]),
            _ => None,
        }
    }
    /// Returns what is left of an activation after its limits.
    pub(in crate::ops) fn beyond_limits(self) -> Activation {
        if self.limits().is_some() { Activation::Identity } else { self }
    }
    /// `output = f(input)`, elementwise on any shape.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.activation_forward(self, input.data(), output.into_data());
    }
    /// `value = f(value)`, elementwise on any shape.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.activation_forward_in_place(self, value.into_data());
    }
    /// Computes the gradient to the input, `f'(kept)·d_output`. `kept` is the input or the output, as
    /// [`Activation::saved_for_backward`] says.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.activation_backward(self, kept.data(), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// Computes the gradient to the input in place of the gradient to the output: `d = f'(kept)·d`.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        context.device.activation_backward_in_place(self, kept.data(), d.into_data());
    }
}
