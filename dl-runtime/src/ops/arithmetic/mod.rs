//! Elementwise arithmetic: `+ - * /` of two tensors, and of a tensor and a number.
//!
//! | operation | `y` | gradient to `a` | gradient to `b` | backward reads |
//! |---|---|---|---|---|
//! | [`Add`] | `a + sign·b` | `dy` | `sign·dy` | |
//! | [`Mul`] | `a·b` | `b·dy` | `a·dy` | inputs |
//! | [`Div`] | `a/b` | `dy/b` | `-a/b²·dy` | inputs |
//! | [`Affine`] | `scale·x + shift` | `scale·dy` | | |
//! | [`Reciprocal`] | `numerator/x` | `-numerator/x²·dy` | | input |
//!
//! Two tensors of different shapes are broadcast by NumPy's rule: a tensor is repeated along an axis where it has size
//! 1, or along a leading axis that it lacks. The gradient to a repeated tensor is the sum over the repetitions.
//! [`Shapes`] says whether tensors are broadcast; tensors of one shape use plain loops.

mod broadcast;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
mod scalar;
#[cfg(test)]
mod tests;

pub use dl_core::ops::arithmetic::{Broadcast, Shapes};
pub use scalar::{Affine, Reciprocal};

use super::reduce;
use crate::ops::Activation;
use crate::ops::Device;
use crate::ops::axes::len;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// `a + sign·b`: residual connections, differences.
#[derive(Clone, Copy, Debug)]
pub struct Add {
    /// The shapes of the operands.
    pub shapes: Shapes,
    /// 1, or -1 for a difference.
    pub sign: f32,
    /// The activation of the sum. It is applied in the same loop if the shapes are equal.
    pub activation: Activation,
}

/// `a·b`, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Mul {
    /// The shapes of the factors.
    pub shapes: Shapes,
}

/// `a/b`, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Div {
    /// The shapes of dividend and divisor.
    pub shapes: Shapes,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    /// `a + sign·b`.
    Add {
        /// 1 or -1.
        sign: f32,
    },
    /// `a·b`.
    Mul,
    /// `a/b`.
    Div,
}

/// The gradient to one of two operands for each of its repetitions; `own` is that operand, and `other` the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slope {
    /// `other·dy`, the gradient to a factor.
    Factor,
    /// `dy/other`, the gradient to the dividend.
    Dividend,
    /// `-other/own²·dy`, the gradient to the divisor.
    Divisor,
}

/// The kernels of arithmetic. The gradients of broadcast sums use `ReduceKernel`.
pub trait ArithmeticKernel: Storage + reduce::ReduceKernel {
    /// `y = f(a ∘ b)` of operands of equal shape.
    fn arithmetic(
        &self,
        operator: Operator,
        f: Activation,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `d_own = slope(own, other, dy)` of operands of equal shape, or `+=` with [`Write::Add`].
    fn arithmetic_backward(
        &self,
        slope: Slope,
        own: Self::Ref<'_, f32>,
        other: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_own: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y = a ∘ b` of operands that are broadcast.
    fn broadcast(
        &self,
        operator: Operator,
        s: Broadcast,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `d_own = Σ slope(own, other, dy)` over the repetitions of `own`, or `+=` with [`Write::Add`]; `s.left` is the
    /// shape of `own`.
    #[expect(clippy::too_many_arguments, reason = "a gradient of two values")]
    fn broadcast_backward(
        &self,
        slope: Slope,
        s: Broadcast,
        own: Self::Ref<'_, f32>,
        other: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_own: Self::Mut<'_, f32>,
        write: Write,
    );
    /// `y = scale·x + shift`, or `+=` with [`Write::Add`].
    fn affine(&self, scale: f32, shift: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>, write: Write);
    /// `x = scale·x + shift`.
    fn affine_in_place(&self, scale: f32, shift: f32, x: Self::Mut<'_, f32>);
    /// `y = numerator/x`.
    fn reciprocal(&self, numerator: f32, x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>);
    /// `x = numerator/x`.
    fn reciprocal_in_place(&self, numerator: f32, x: Self::Mut<'_, f32>);
    /// `dx = -numerator/x²·dy`, or `+=` with [`Write::Add`].
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

/// Checks that the types have the sizes of the settings.
fn assert_sizes<A: Pod, B: Pod, O: Pod>(shapes: Shapes) {
    let fit = match shapes {
        Shapes::Equal => A::LEN == O::LEN && B::LEN == O::LEN,
        Shapes::Broadcast(s) => A::LEN == len(s.left) && B::LEN == len(s.right) && O::LEN == len(s.output),
    };
    assert!(fit, "sizes of the values of an arithmetic operation");
}

/// Returns the shapes with the two operands swapped.
fn swapped(shapes: Shapes) -> Shapes {
    match shapes {
        Shapes::Equal => Shapes::Equal,
        Shapes::Broadcast(Broadcast { left, right, output }) => {
            Shapes::Broadcast(Broadcast { left: right, right: left, output })
        }
    }
}

/// `output = f(a ∘ b)`.
fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
    shapes: Shapes,
    context: &Context<D>,
    operator: Operator,
    f: Activation,
    a: View<D, A>,
    b: View<D, B>,
    mut output: ViewMut<D, O>,
) {
    assert_sizes::<A, B, O>(shapes);
    match shapes {
        Shapes::Equal => context.device.arithmetic(operator, f, a.data(), b.data(), output.into_data()),
        Shapes::Broadcast(s) => {
            context.device.broadcast(operator, s, a.data(), b.data(), output.reborrow().into_data());
            f.forward_in_place(context, output);
        }
    }
}

/// Computes the gradient to the first operand, `own`.
fn backward<D, A, B, O, I>(
    shapes: Shapes,
    context: &Context<D>,
    slope: Slope,
    own: View<D, A>,
    other: View<D, B>,
    d_output: View<D, O>,
    d_own: Grad<D, I>,
) where
    D: Device,
    A: Pod<Element = f32>,
    B: Pod<Element = f32>,
    O: Pod<Element = f32>,
    I: Pod<Element = f32>,
{
    assert_sizes::<A, B, O>(shapes);
    assert_eq!(I::LEN, A::LEN, "elements of a gradient");
    let (own, other, dy, to) = (own.data(), other.data(), d_output.data(), d_own.to.into_data());
    match shapes {
        Shapes::Equal => context.device.arithmetic_backward(slope, own, other, dy, to, d_own.write),
        Shapes::Broadcast(s) => context.device.broadcast_backward(slope, s, own, other, dy, to, d_own.write),
    }
}

impl Add {
    /// `output = f(a + sign·b)`, with `a` and `b` broadcast to the shape of `output`.
    pub fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, A>,
        b: View<D, B>,
        output: ViewMut<D, O>,
    ) {
        forward(self.shapes, context, Operator::Add { sign: self.sign }, self.activation, a, b, output);
    }
    /// Computes the gradient to input `k`: `a` (0) or `b` (1). `d_output` is the gradient to the sum, before the
    /// activation.
    pub fn backward<D: Device, O: Pod<Element = f32>, I: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        k: usize,
        d_output: View<D, O>,
        d_input: Grad<D, I>,
    ) {
        let scale = [1.0, self.sign][k];
        match self.shapes {
            Shapes::Equal => {
                assert_eq!(I::LEN, O::LEN, "elements of input {k}");
                context.device.affine(scale, 0.0, d_output.data(), d_input.to.into_data(), d_input.write);
            }
            Shapes::Broadcast(s) => {
                let shapes = reduce::Shapes { from: s.output, to: [s.left, s.right][k] };
                reduce::Sum { shapes, scale }.forward_to(context, d_output, d_input);
            }
        }
    }
}

/// Implements the passes of [`Mul`] and [`Div`], which differ only in their slopes.
macro_rules! passes {
    ($op:ident, $operator:expr, $slopes:expr, $doc:literal) => {
        impl $op {
            #[doc = $doc]
            pub fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
                self,
                context: &Context<D>,
                a: View<D, A>,
                b: View<D, B>,
                output: ViewMut<D, O>,
            ) {
                forward(self.shapes, context, $operator, Activation::Identity, a, b, output);
            }
            /// Computes the gradient to input `k`: `a` (0) or `b` (1).
            pub fn backward<D, A, B, O, I>(
                self,
                context: &Context<D>,
                k: usize,
                a: View<D, A>,
                b: View<D, B>,
                d_output: View<D, O>,
                d_input: Grad<D, I>,
            ) where
                D: Device,
                A: Pod<Element = f32>,
                B: Pod<Element = f32>,
                O: Pod<Element = f32>,
                I: Pod<Element = f32>,
            {
                match k {
                    0 => backward(self.shapes, context, $slopes[0], a, b, d_output, d_input),
                    _ => backward(swapped(self.shapes), context, $slopes[1], b, a, d_output, d_input),
                }
            }
        }
    };
}

passes!(Mul, Operator::Mul, [Slope::Factor, Slope::Factor], "`output = a·b`.");
passes!(Div, Operator::Div, [Slope::Dividend, Slope::Divisor], "`output = a/b`.");
