//! Arithmetic on the CPU.

use super::ArithmeticKernel;
use crate::Cpu;
use crate::device::cpu::elementwise::{Formula, each, formula, write};
use crate::device::cpu::simd::Simd;
use crate::ops::Activation;
use crate::ops::activation::{Function, with_function};
use crate::tensor::Write;

/// `f(a + b)`.
struct Sum<F>(F);

impl<F: Function> Formula<2> for Sum<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [a, b]: [f32; 2], _: f32) -> f32 {
        self.0.value::<S>(a + b)
    }
}

/// `f` of what is there.
struct InPlace<F>(F);

impl<F: Fn(f32) -> f32 + Sync> Formula<0> for InPlace<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, []: [f32; 0], x: f32) -> f32 {
        self.0(x)
    }
}

/// What is there, times `f` of an input.
struct Scaled<F>(F);

impl<F: Fn(f32) -> f32 + Sync> Formula<1> for Scaled<F> {
    #[inline(always)]
    fn of<S: Simd>(&self, [x]: [f32; 1], d: f32) -> f32 {
        self.0(x) * d
    }
}

impl ArithmeticKernel for Cpu {
    fn add(&self, f: Activation, a: &[f32], b: &[f32], y: &mut [f32]) {
        with_function!(f, f => each(self, [a, b], y, Sum(f)));
    }
    fn sub(&self, a: &[f32], b: &[f32], y: &mut [f32]) {
        each(self, [a, b], y, formula(|[a, b]| a - b));
    }
    fn mul(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
        write(self, w, [a, b], y, formula(|[a, b]| a * b));
    }
    fn div(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
        write(self, w, [a, b], y, formula(|[a, b]| a / b));
    }
    fn div_backward_right(&self, a: &[f32], b: &[f32], dy: &[f32], db: &mut [f32], w: Write) {
        write(self, w, [a, b, dy], db, formula(|[a, b, dy]| -(a / b / b) * dy));
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
