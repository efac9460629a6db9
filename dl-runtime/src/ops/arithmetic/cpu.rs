//! Arithmetic on the CPU.

use super::ArithmeticKernel;
use crate::Cpu;
use crate::device::cpu::elementwise::{each, write};
use crate::ops::activation::{Function, with_function};
use crate::ops::{Activation, Write};

impl ArithmeticKernel for Cpu {
    fn add(&self, f: Activation, a: &[f32], b: &[f32], y: &mut [f32]) {
        with_function!(f, f => each([a, b], y, |[a, b], _| f.value(a + b)));
    }
    fn sub(&self, a: &[f32], b: &[f32], y: &mut [f32]) {
        each([a, b], y, |[a, b], _| a - b);
    }
    fn mul(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
        write(w, [a, b], y, |[a, b]| a * b);
    }
    fn div(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
        write(w, [a, b], y, |[a, b]| a / b);
    }
    fn div_backward_right(&self, a: &[f32], b: &[f32], dy: &[f32], db: &mut [f32], w: Write) {
        write(w, [a, b, dy], db, |[a, b, dy]| -(a / b / b) * dy);
    }
    fn affine(&self, scale: f32, shift: f32, x: &[f32], y: &mut [f32], w: Write) {
        write(w, [x], y, |[x]| scale * x + shift);
    }
    fn affine_in_place(&self, scale: f32, shift: f32, x: &mut [f32]) {
        each([], x, |[], x| scale * x + shift);
    }
    fn reciprocal(&self, numerator: f32, x: &[f32], y: &mut [f32]) {
        each([x], y, |[x], _| numerator / x);
    }
    fn reciprocal_in_place(&self, numerator: f32, x: &mut [f32]) {
        each([], x, |[], x| numerator / x);
    }
    fn reciprocal_backward(&self, numerator: f32, x: &[f32], dy: &[f32], dx: &mut [f32], w: Write) {
        write(w, [x, dy], dx, |[x, dy]| -(numerator / x / x) * dy);
    }
    fn reciprocal_backward_in_place(&self, numerator: f32, x: &[f32], d: &mut [f32]) {
        each([x], d, |[x], d| -(numerator / x / x) * d);
    }
}
