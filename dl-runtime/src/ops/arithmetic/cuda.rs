//! Arithmetic on CUDA.

use super::ArithmeticKernel;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::Activation;
use crate::ops::activation::cuda::Code;
use crate::tensor::Write;

kernels!(
    "arithmetic.cu" with [crate::ops::activation::cuda::HEADER]:
    arithmetic_add, arithmetic_sub, arithmetic_mul, arithmetic_div, arithmetic_div_backward_right,
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
