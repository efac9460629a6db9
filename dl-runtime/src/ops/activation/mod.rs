//! Elementwise activations: `y = f(x)` for every element.

mod cpu;

use crate::device::{Device, Storage};
use crate::{
    Pass, Plain, View, ViewMut,
    ops::{Grad, Write},
};

/// The operation of this room: an activation.
pub type Op = Activation;

/// An elementwise activation with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `x`.
    Identity,
    /// `max(x, 0)`.
    Relu,
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
    pub fn forward<D: Device, S: Plain<Element = f32>>(self, pass: &Pass<D>, input: View<D, S>, output: ViewMut<D, S>) {
        pass.device.activation_forward(self, input.data(), output.into_data());
    }
    /// `value = f(value)`.
    pub fn forward_in_place<D: Device, S: Plain<Element = f32>>(self, pass: &Pass<D>, value: ViewMut<D, S>) {
        pass.device.activation_forward_in_place(self, value.into_data());
    }
    /// The gradient to the input from what was kept (see [`ops`](crate::ops)).
    pub fn backward<D: Device, S: Plain<Element = f32>>(
        self,
        pass: &Pass<D>,
        kept: View<D, S>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        pass.device.activation_backward(self, kept.data(), d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// The gradient to the input, over the gradient to the output.
    pub fn backward_in_place<D: Device, S: Plain<Element = f32>>(
        self,
        pass: &Pass<D>,
        kept: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        pass.device.activation_backward_in_place(self, kept.data(), d.into_data());
    }
}
