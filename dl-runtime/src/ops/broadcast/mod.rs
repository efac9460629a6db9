//! Arithmetic on two values of different shapes by NumPy's rule: along an axis where one of them has size 1, or that it
//! lacks on the outside, it is repeated. The gradient to what was repeated is a sum over the repetitions.
//!
//! | operation | `y` | gradient left | gradient right | backward reads |
//! |---|---|---|---|---|
//! | [`Add`] | `a + sign·b` | `dy` | `sign·dy` | |
//! | [`Mul`] | `a·b` | `b·dy` | `a·dy` | inputs |
//! | [`Div`] | `a/b` | `dy/b` | `-a/b²·dy` | inputs |
//!
//! Values of one shape are the room `arithmetic`'s, whose loops are simpler.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use super::axes::len;
use super::reduce;
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

/// The shapes of two values and of what arithmetic makes of them; leading ones may be left out of `left` and `right`.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// Of a sample of the first.
    pub left: &'static [usize],
    /// Of a sample of the second.
    pub right: &'static [usize],
    /// Of an output sample.
    pub output: &'static [usize],
}

/// `a + sign·b`.
#[derive(Clone, Copy, Debug)]
pub struct Add {
    /// What is added.
    pub shapes: Shapes,
    /// 1, or -1 for a difference.
    pub sign: f32,
}

/// `a·b`.
#[derive(Clone, Copy, Debug)]
pub struct Mul {
    /// What is multiplied.
    pub shapes: Shapes,
}

/// `a/b`.
#[derive(Clone, Copy, Debug)]
pub struct Div {
    /// What is divided.
    pub shapes: Shapes,
}

/// The three operations.
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

/// A gradient to one of two values, for each of its repetitions; `own` is that value, `other` the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slope {
    /// `dy·other`: to both factors.
    Factor,
    /// `dy/other`: to what is divided.
    Dividend,
    /// `-other/own²·dy`: to what it is divided by.
    Divisor,
}

/// The kernels of broadcast arithmetic; the gradients of sums are those of `ReduceKernel`.
pub trait BroadcastKernel: Storage + reduce::ReduceKernel {
    /// `y = a ∘ b`.
    fn broadcast(
        &self,
        operator: Operator,
        s: Shapes,
        a: Self::Ref<'_, f32>,
        b: Self::Ref<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// `d_own = Σ slope(own, other, dy)` over the repetitions of `own`, set or added; `left` of the shapes is that of `own`.
    #[expect(clippy::too_many_arguments, reason = "a gradient of two values")]
    fn broadcast_backward(
        &self,
        slope: Slope,
        s: Shapes,
        own: Self::Ref<'_, f32>,
        other: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        d_own: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl Shapes {
    /// Checks that types and settings speak of the same shapes.
    fn assert_sizes<A: Pod, B: Pod, O: Pod>(self) {
        let fit = A::LEN == len(self.left) && B::LEN == len(self.right) && O::LEN == len(self.output);
        assert!(fit, "sizes of broadcast values");
    }
    /// The same with the two values exchanged.
    fn exchanged(self) -> Self {
        Shapes { left: self.right, right: self.left, output: self.output }
    }
}

impl Add {
    /// `output = a + sign·b`.
    pub fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        a: View<D, A>,
        b: View<D, B>,
        output: ViewMut<D, O>,
    ) {
        self.shapes.assert_sizes::<A, B, O>();
        let operator = Operator::Add { sign: self.sign };
        context.device.broadcast(operator, self.shapes, a.data(), b.data(), output.into_data());
    }
    /// The gradient to `a`.
    pub fn backward_left<D: Device, A: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_a: Grad<D, A>,
    ) {
        let Shapes { left, output, .. } = self.shapes;
        reduce::Sum { shapes: reduce::Shapes { from: output, to: left }, scale: 1.0 }
            .forward_to(context, d_output, d_a);
    }
    /// The gradient to `b`.
    pub fn backward_right<D: Device, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        context: &Context<D>,
        d_output: View<D, O>,
        d_b: Grad<D, B>,
    ) {
        let shapes = reduce::Shapes { from: self.shapes.output, to: self.shapes.right };
        reduce::Sum { shapes, scale: self.sign }.forward_to(context, d_output, d_b);
    }
}

/// The passes of [`Mul`] and [`Div`], which differ in their slopes alone.
macro_rules! passes {
    ($op:ident, $operator:expr, $left:expr, $right:expr, $doc:literal) => {
        impl $op {
            #[doc = $doc]
            pub fn forward<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
                self,
                context: &Context<D>,
                a: View<D, A>,
                b: View<D, B>,
                output: ViewMut<D, O>,
            ) {
                self.shapes.assert_sizes::<A, B, O>();
                context.device.broadcast($operator, self.shapes, a.data(), b.data(), output.into_data());
            }
            /// The gradient to `a`.
            pub fn backward_left<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
                self,
                context: &Context<D>,
                a: View<D, A>,
                b: View<D, B>,
                d_output: View<D, O>,
                d_a: Grad<D, A>,
            ) {
                self.shapes.assert_sizes::<A, B, O>();
                let (a, b, dy, Grad { to, write }) = (a.data(), b.data(), d_output.data(), d_a);
                context.device.broadcast_backward($left, self.shapes, a, b, dy, to.into_data(), write);
            }
            /// The gradient to `b`.
            pub fn backward_right<D: Device, A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
                self,
                context: &Context<D>,
                a: View<D, A>,
                b: View<D, B>,
                d_output: View<D, O>,
                d_b: Grad<D, B>,
            ) {
                self.shapes.assert_sizes::<A, B, O>();
                let (a, b, dy, Grad { to, write }) = (a.data(), b.data(), d_output.data(), d_b);
                context.device.broadcast_backward($right, self.shapes.exchanged(), b, a, dy, to.into_data(), write);
            }
        }
    };
}

passes!(Mul, Operator::Mul, Slope::Factor, Slope::Factor, "`output = a·b`.");
passes!(Div, Operator::Div, Slope::Dividend, Slope::Divisor, "`output = a/b`.");
