//! Arithmetic of a tensor and a number: `x + 1`, `2 - x` and `x / 3` are all [`Affine`], `1 / x` is [`Reciprocal`].

use crate::ops::Device;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// `scale·x + shift`.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    /// The factor.
    pub scale: f32,
    /// The number that is added.
    pub shift: f32,
}

/// `numerator/x`.
#[derive(Clone, Copy, Debug)]
pub struct Reciprocal {
    /// The number that is divided.
    pub numerator: f32,
}

impl Affine {
    /// `output = scale·input + shift`, of any shape.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.affine(self.scale, self.shift, input.data(), output.into_data(), Write::Set);
    }
    /// `value = scale·value + shift`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.affine_in_place(self.scale, self.shift, value.into_data());
    }
    /// Computes the gradient to the input, for which no value of the forward pass is needed.
    pub fn backward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_input: Grad<D, S>,
    ) {
        context.device.affine(self.scale, 0.0, d_output.data(), d_input.to.into_data(), d_input.write);
    }
    /// Computes the gradient to the input in place of the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, d: ViewMut<D, S>) {
        context.device.affine_in_place(self.scale, 0.0, d.into_data());
    }
}

impl Reciprocal {
    /// `output = numerator/input`, of any shape.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.reciprocal(self.numerator, input.data(), output.into_data());
    }
    /// `value = numerator/value`.
    pub fn forward_in_place<D: Device, S: Pod<Element = f32>>(self, context: &Context<D>, value: ViewMut<D, S>) {
        context.device.reciprocal_in_place(self.numerator, value.into_data());
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
        context.device.reciprocal_backward(self.numerator, input.data(), d_output.data(), to.into_data(), write);
    }
    /// Computes the gradient to the input in place of the gradient to the output.
    pub fn backward_in_place<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        input: View<D, S>,
        d: ViewMut<D, S>,
    ) {
        context.device.reciprocal_backward_in_place(self.numerator, input.data(), d.into_data());
    }
}
