//! Elementwise arithmetic: `+ - * /` of two tensors, which may be broadcast, and of a tensor and a number.

use super::Activation;
use super::axes::{StridedIter, broadcast_stride};
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The shapes of the two operands and of the result.
#[derive(Clone, Copy, Debug)]
pub enum Shapes {
    /// All three shapes are equal.
    Equal,
    /// At least one operand is broadcast.
    Broadcast(Broadcast),
}

/// The shapes of a broadcast operation; leading axes of size 1 may be left out of `left` and `right`.
#[derive(Clone, Copy, Debug)]
pub struct Broadcast {
    /// The shape of a sample of the first operand.
    pub left: &'static [usize],
    /// The shape of a sample of the second operand.
    pub right: &'static [usize],
    /// The shape of a sample of the output.
    pub output: &'static [usize],
}

/// `f(a + sign·b)`: residual connections, differences.
#[derive(Clone, Copy, Debug)]
pub struct Add {
    /// The shapes of the operands.
    pub shapes: Shapes,
    /// 1, or -1 for a difference.
    pub sign: f32,
    /// The activation of the sum.
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

impl Shapes {
    #[inline(always)]
    fn forward<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        a: &A,
        b: &B,
        output: &mut O,
        f: impl Fn(f32, f32) -> f32,
    ) {
        let (a, b, y) = (flat(slice::from_ref(a)), flat(slice::from_ref(b)), flat_mut(slice::from_mut(output)));
        match self {
            Shapes::Equal => y.iter_mut().zip(a.iter().zip(b)).for_each(|(y, (a, b))| *y = f(*a, *b)),
            Shapes::Broadcast(s) => s.forward(a, b, y, f),
        }
    }
}

impl Broadcast {
    /// Iterates over a sample of the output, with offsets in the output, in the first operand and in the second.
    pub fn iter(self) -> StridedIter<3> {
        let (rank, sizes) = (self.output.len(), self.output);
        StridedIter::new(sizes, |axis| [sizes, self.left, self.right].map(|shape| broadcast_stride(shape, rank, axis)))
    }
    fn forward(self, a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
        let iter = self.iter();
        let (n, [_, a_step, b_step]) = (iter.len(), iter.row_strides());
        iter.rows(|[y_at, a_at, b_at]| {
            for (i, y) in y[y_at..y_at + n].iter_mut().enumerate() {
                *y = f(a[a_at + i * a_step], b[b_at + i * b_step]);
            }
        });
    }
}

impl Add {
    /// `output = f(a + sign·b)`, with `a` and `b` broadcast to the shape of `output`.
    #[inline(always)]
    pub fn forward<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        a: &A,
        b: &B,
        output: &mut O,
    ) {
        let sign = self.sign;
        self.shapes.forward(a, b, output, |a, b| a + sign * b);
        self.activation.forward_in_place(output);
    }
}

impl Mul {
    /// `output = a·b`.
    #[inline(always)]
    pub fn forward<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        a: &A,
        b: &B,
        output: &mut O,
    ) {
        self.shapes.forward(a, b, output, |a, b| a * b);
    }
}

impl Div {
    /// `output = a/b`.
    #[inline(always)]
    pub fn forward<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        a: &A,
        b: &B,
        output: &mut O,
    ) {
        self.shapes.forward(a, b, output, |a, b| a / b);
    }
}

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

/// Implements the two methods of an operation on each number.
macro_rules! each {
    ($op:ident, |$self:ident, $x:ident| $value:expr, $doc:literal) => {
        impl $op {
            #[doc = $doc]
            #[inline(always)]
            pub fn forward<S: Pod<Element = f32>>(self, input: &S, output: &mut S) {
                flat_mut(slice::from_mut(output)).copy_from_slice(flat(slice::from_ref(input)));
                self.forward_in_place(output);
            }
            /// Does the same in place.
            #[inline(always)]
            pub fn forward_in_place<S: Pod<Element = f32>>(self, value: &mut S) {
                let $self = self;
                flat_mut(slice::from_mut(value)).iter_mut().for_each(|value| {
                    let $x = *value;
                    *value = $value;
                });
            }
        }
    };
}
each!(Affine, |op, x| op.scale * x + op.shift, "`output = scale·input + shift`, of any shape.");
each!(Reciprocal, |op, x| op.numerator / x, "`output = numerator/input`, of any shape.");
