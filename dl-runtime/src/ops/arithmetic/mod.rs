//! Arithmetic on whole tensors: `+ - * /` of two values of one shape, and of a value and a number.
//!
//! | operation | `y` | gradient left | gradient right | backward reads |
//! |---|---|---|---|---|
//! | [`Add`] | `a + b` | `dy` | `dy` | |
//! | [`Sub`] | `a - b` | `dy` | `-dy` | |
//! | [`Mul`] | `a·b` | `b·dy` | `a·dy` | inputs |
//! | [`Div`] | `a/b` | `dy/b` | `-a/b²·dy` | inputs |
//! | [`Affine`] | `scale·x + shift` | `scale·dy` | | |
//! | [`Reciprocal`] | `numerator/x` | `-numerator/x²·dy` | | input |

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod scalar;
#[cfg(test)]
mod tests;

pub use scalar::{Affine, Reciprocal};

use crate::ops::Activation;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// `a + b`: residual connections.
#[derive(Clone, Copy, Debug)]
pub struct Add {
    /// What is applied to the sum in the same pass.
    pub activation: Activation,
}

/// `a - b`.
#[derive(Clone, Copy, Debug)]
pub struct Sub {}

/// `a·b`, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Mul {}

/// `a/b`, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Div {}

/// The kernels of arithmetic.
pub trait ArithmeticKernel: Storage {
    /// `y = f(a + b)`.
    fn add(&self, f: Activation, a: Self::Ref<'_, f32>, b: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `y = a - b`.
    fn sub(&self, a: Self::Ref<'_, f32>, b: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `y = a·b`, set or added.
    fn mul(&self, a: Self::Ref<'_, f32>, b: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `y = a/b`, set or added.
    fn div(&self, a: Self::Ref<'_, f32>, b: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `db = -a/b²·dy`, set or added.
    fn div_backward_right(
        &self,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        db: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y = scale·x + shift`, set or added.
    fn affine(&self, scale: f32, shift: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = scale·x + shift`.
    fn affine_in_place(&self, scale: f32, shift: f32, x: Self::Mut<'_, f32>);
    /// `y = numerator/x`.
    fn reciprocal(&self, numerator: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = numerator/x`.
    fn reciprocal_in_place(&self, numerator: f32, x: Self::Mut<'_, f32>);
    /// `dx = -numerator/x²·dy`, set or added.
    fn reciprocal_backward(
        &self,
        numerator: f32,
        x: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        dx: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `d = -numerator/x²·d`.
    fn reciprocal_backward_in_place(&self, numerator: f32, x: Self::Ref<'_, f32>, d: Self::Mut<'_, f32>);
}

impl Add {
    /// `output = f(a + b)`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.add(self.activation, a.data(), b.data(), output.into_data());
    }
    /// The gradient to `a`; `d_output` is the gradient to the sum, before the activation.
    pub fn backward_left<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_a: Grad<D, S>,
    ) {
        context.device.affine(1.0, 0.0, d_output.data(), d_a.to.into_data(), d_a.write);
    }
    /// The gradient to `b`: the same.
    pub fn backward_right<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_b: Grad<D, S>,
    ) {
        self.backward_left(context, d_output, d_b);
    }
}

impl Sub {
    /// `output = a - b`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.sub(a.data(), b.data(), output.into_data());
    }
    /// The gradient to `a`.
    pub fn backward_left<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_a: Grad<D, S>,
    ) {
        context.device.affine(1.0, 0.0, d_output.data(), d_a.to.into_data(), d_a.write);
    }
    /// The gradient to `b`.
    pub fn backward_right<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, S>,
        d_b: Grad<D, S>,
    ) {
        context.device.affine(-1.0, 0.0, d_output.data(), d_b.to.into_data(), d_b.write);
    }
}

impl Mul {
    /// `output = a·b`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.mul(a.data(), b.data(), output.into_data(), Write::Set);
    }
    /// The gradient to `a`.
    pub fn backward_left<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        _: View<D, S>,
        b: View<D, S>,
        d_output: View<D, S>,
        d_a: Grad<D, S>,
    ) {
        context.device.mul(b.data(), d_output.data(), d_a.to.into_data(), d_a.write);
    }
    /// The gradient to `b`.
    pub fn backward_right<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        _: View<D, S>,
        d_output: View<D, S>,
        d_b: Grad<D, S>,
    ) {
        context.device.mul(a.data(), d_output.data(), d_b.to.into_data(), d_b.write);
    }
}

impl Div {
    /// `output = a/b`.
    pub fn forward<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        output: ViewMut<D, S>,
    ) {
        context.device.div(a.data(), b.data(), output.into_data(), Write::Set);
    }
    /// The gradient to `a`.
    pub fn backward_left<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        _: View<D, S>,
        b: View<D, S>,
        d_output: View<D, S>,
        d_a: Grad<D, S>,
    ) {
        context.device.div(d_output.data(), b.data(), d_a.to.into_data(), d_a.write);
    }
    /// The gradient to `b`.
    pub fn backward_right<D: Device, S: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, S>,
        b: View<D, S>,
        d_output: View<D, S>,
        d_b: Grad<D, S>,
    ) {
        context.device.div_backward_right(a.data(), b.data(), d_output.data(), d_b.to.into_data(), d_b.write);
    }
}
