//! Arithmetic on CUDA.

use super::ArithmeticKernel;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::Activation;
use crate::ops::activation::cuda::Code;
use crate::tensor::Write;

kernels!(
    "arithmetic.cu": arithmetic_add, arithmetic_sub, arithmetic_mul, arithmetic_div, arithmetic_div_backward_right,
    arithmetic_affine, arithmetic_affine_in_place, arithmetic_reciprocal, arithmetic_reciprocal_in_place,
    arithmetic_reciprocal_backward, arithmetic_reciprocal_backward_in_place,
);

impl ArithmeticKernel for Cuda {
    fn add(&self, f: Activation, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(&arithmetic_add, Grid::fours(y.len()), (Code::of(f), a, b, y));
    }
    fn sub(&self, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(&arithmetic_sub, Grid::fours(y.len()), (a, b, y));
    }
    fn mul(&self, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>, w: Write) {
        self.launch(&arithmetic_mul, Grid::fours(y.len()), (a, b, y, w));
    }
    fn div(&self, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>, w: Write) {
        self.launch(&arithmetic_div, Grid::fours(y.len()), (a, b, y, w));
    }
    fn div_backward_right(&self, a: Ref<'_, f32>, b: Ref<'_, f32>, dy: Ref<'_, f32>, db: Mut<'_, f32>, w: Write) {
        self.launch(&arithmetic_div_backward_right, Grid::fours(db.len()), (a, b, dy, db, w));
    }
    fn affine(&self, scale: f32, shift: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, w: Write) {
        self.launch(&arithmetic_affine, Grid::fours(y.len()), (scale, shift, x, y, w));
    }
    fn affine_in_place(&self, scale: f32, shift: f32, x: Mut<'_, f32>) {
        self.launch(&arithmetic_affine_in_place, Grid::fours(x.len()), (scale, shift, x));
    }
    fn reciprocal(&self, numerator: f32, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(&arithmetic_reciprocal, Grid::fours(y.len()), (numerator, x, y));
    }
    fn reciprocal_in_place(&self, numerator: f32, x: Mut<'_, f32>) {
        self.launch(&arithmetic_reciprocal_in_place, Grid::fours(x.len()), (numerator, x));
    }
    fn reciprocal_backward(&self, numerator: f32, x: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, w: Write) {
        self.launch(&arithmetic_reciprocal_backward, Grid::fours(dx.len()), (numerator, x, dy, dx, w));
    }
    fn reciprocal_backward_in_place(&self, numerator: f32, x: Ref<'_, f32>, d: Mut<'_, f32>) {
        self.launch(&arithmetic_reciprocal_backward_in_place, Grid::fours(d.len()), (numerator, x, d));
    }
}

#[cfg(test)]
mod twin {
    use super::*;
    use crate::device::{Twin, both};

    impl ArithmeticKernel for Twin {
        fn add(&self, f: Activation, a: &[f32], b: &[f32], y: &mut [f32]) {
            both!(self, [a, b], [y], |device| device.add(f, a, b, y));
        }
        fn sub(&self, a: &[f32], b: &[f32], y: &mut [f32]) {
            both!(self, [a, b], [y], |device| device.sub(a, b, y));
        }
        fn mul(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
            both!(self, [a, b], [y], |device| device.mul(a, b, y, w));
        }
        fn div(&self, a: &[f32], b: &[f32], y: &mut [f32], w: Write) {
            both!(self, [a, b], [y], |device| device.div(a, b, y, w));
        }
        fn div_backward_right(&self, a: &[f32], b: &[f32], dy: &[f32], db: &mut [f32], w: Write) {
            both!(self, [a, b, dy], [db], |device| device.div_backward_right(a, b, dy, db, w));
        }
        fn affine(&self, scale: f32, shift: f32, x: &[f32], y: &mut [f32], w: Write) {
            both!(self, [x], [y], |device| device.affine(scale, shift, x, y, w));
        }
        fn affine_in_place(&self, scale: f32, shift: f32, x: &mut [f32]) {
            both!(self, [], [x], |device| device.affine_in_place(scale, shift, x));
        }
        fn reciprocal(&self, numerator: f32, x: &[f32], y: &mut [f32]) {
            both!(self, [x], [y], |device| device.reciprocal(numerator, x, y));
        }
        fn reciprocal_in_place(&self, numerator: f32, x: &mut [f32]) {
            both!(self, [], [x], |device| device.reciprocal_in_place(numerator, x));
        }
        fn reciprocal_backward(&self, numerator: f32, x: &[f32], dy: &[f32], dx: &mut [f32], w: Write) {
            both!(self, [x, dy], [dx], |device| device.reciprocal_backward(numerator, x, dy, dx, w));
        }
        fn reciprocal_backward_in_place(&self, numerator: f32, x: &[f32], d: &mut [f32]) {
            both!(self, [x], [d], |device| device.reciprocal_backward_in_place(numerator, x, d));
        }
    }
}
