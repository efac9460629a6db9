//! Arithmetic on the CPU.

use super::{ArithmeticKernel, Broadcast, Operator, Slope, broadcast};
use crate::Cpu;
use crate::device::cpu::elementwise::{Formula, each, formula, write};
use crate::device::cpu::simd::Simd;
use crate::ops::Activation;
use crate::ops::activation::{ActivationKernel, Function, with_function};
use crate::tensor::Write;

/// `f(a + sign·b)`.
struct Sum<F>(F, f32);

impl<F: Function> Formula<2> for Sum<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [a, b]: [f32; 2], _: f32) -> f32 {
        self.0.value::<S>(a + self.1 * b)
    }
}

/// `f` of the old output.
struct InPlace<F>(F);

impl<F: Fn(f32) -> f32 + Sync> Formula<0> for InPlace<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, []: [f32; 0], x: f32) -> f32 {
        self.0(x)
    }
}

/// The old output times `f` of an input.
struct Scaled<F>(F);

impl<F: Fn(f32) -> f32 + Sync> Formula<1> for Scaled<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [x]: [f32; 1], d: f32) -> f32 {
        self.0(x) * d
    }
}

impl ArithmeticKernel for Cpu {
    fn arithmetic(&self, operator: Operator, f: Activation, a: &[f32], b: &[f32], y: &mut [f32]) {
        match operator {
            Operator::Add { sign } => return with_function!(f, f => each(self, [a, b], y, Sum(f, sign))),
            Operator::Mul => each(self, [a, b], y, formula(|[a, b]| a * b)),
            Operator::Div => each(self, [a, b], y, formula(|[a, b]| a / b)),
        }
        self.activation_forward_in_place(f, y);
    }
    fn arithmetic_backward(&self, slope: Slope, own: &[f32], other: &[f32], dy: &[f32], d: &mut [f32], w: Write) {
        match slope {
            Slope::Factor => write(self, w, [other, dy], d, formula(|[other, dy]| other * dy)),
            Slope::Dividend => write(self, w, [other, dy], d, formula(|[other, dy]| dy / other)),
            Slope::Divisor => {
                write(self, w, [own, other, dy], d, formula(|[own, other, dy]| -(other / own / own) * dy));
            }
        }
    }
    fn broadcast(&self, operator: Operator, s: Broadcast, a: &[f32], b: &[f32], y: &mut [f32]) {
        broadcast::forward_all(self, operator, s, a, b, y);
    }
    fn broadcast_backward(
        &self,
        slope: Slope,
        s: Broadcast,
        own: &[f32],
        other: &[f32],
        dy: &[f32],
        d_own: &mut [f32],
        write: Write,
    ) {
        broadcast::backward_all(self, slope, s, own, other, dy, d_own, write);
    }
    fn affine(&self, scale: f32, shift: f32, x: &[f32], y: &mut [f32], w: Write) {
        write(self, w, [x], y, formula(|[x]| scale * x + shift));
    }
    fn affine_in_place(&self, scale: f32, shift: f32, x: &mut [f32]) {
        each(self, [], x, InPlace(|x| scale * x + shift));
    }
    fn reciprocal(&self, numerator: f32, x: &[f32], y: &mut [f32]) {
        each(self, [x], y, formula(|[x]| numerator / x));
    }
    fn reciprocal_in_place(&self, numerator: f32, x: &mut [f32]) {
        each(self, [], x, InPlace(|x| numerator / x));
    }
    fn reciprocal_backward(&self, numerator: f32, x: &[f32], dy: &[f32], dx: &mut [f32], w: Write) {
        write(self, w, [x, dy], dx, formula(|[x, dy]| -(numerator / x / x) * dy));
    }
    fn reciprocal_backward_in_place(&self, numerator: f32, x: &[f32], d: &mut [f32]) {
        each(self, [x], d, Scaled(|x: f32| -(numerator / x / x)));
    }
}
