//! Elementwise activations and other functions of one number: `y = f(x)` for every element.
//!
//! `table.rs` has one entry for each; [`Activation`] is made of it, and lists them.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod function;
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
    /// Its input: the output does not tell the derivative.
    Input,
    /// Its output, so that the preceding operation can apply the activation itself.
    Output,
}

/// The kernels of activations.
pub trait ActivationKernel: Storage {
    /// `y = f(x)`.
    fn activation_forward(&self, f: Activation, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = f(x)`.
    fn activation_forward_in_place(&self, f: Activation, x: Self::Mut<'_, f32>);
    /// `dx = f'(kept) · dy`, set or added.
    fn activation_backward(
        &self,
        f: Activation,
        kept: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d = f'(kept) · d`.
    fn activation_backward_in_place(&self, f: Activation, kept: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl Activation {
    /// `output = f(input)`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.activation_forward(self, input.data(), output.into_data());
    }
    /// `value = f(value)`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.activation_forward_in_place(self, value.into_data());
    }
    /// The gradient to the input from what [`Activation::saved_for_backward`] says.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.activation_backward(self, kept.data(), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// The gradient to the input, over the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        kept: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        context.device.activation_backward_in_place(self, kept.data(), d.into_data());
    }
}
