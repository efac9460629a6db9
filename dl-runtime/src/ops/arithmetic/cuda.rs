//! Arithmetic on CUDA.

use super::{ArithmeticKernel, Broadcast, Operator, Slope};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::Activation;
use crate::ops::activation::cuda::Code;
use crate::ops::axes::cuda::{Axes, Batch, Rows};
use crate::ops::axes::{StridedIter, len};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::Write;

kernels!(
    "arithmetic.cu" with [crate::ops::activation::cuda::HEADER, crate::ops::axes::cuda::HEADER, crate::ops::reduce::cuda::HEADER]:
    arithmetic, arithmetic_backward, broadcast, broadcast_backward, arithmetic_affine, arithmetic_affine_in_place,
    arithmetic_reciprocal, arithmetic_reciprocal_in_place, arithmetic_reciprocal_backward,
    arithmetic_reciprocal_backward_in_place,
);

/// Returns the code of the operator in `arithmetic.cu`, and its sign.
fn operator_code(operator: Operator) -> (u32, f32) {
    match operator {
        Operator::Add { sign } => (0, sign),
        Operator::Mul => (1, 0.0),
        Operator::Div => (2, 0.0),
    }
}

impl ArithmeticKernel for Cuda {
    fn arithmetic(&self, operator: Operator, f: Activation, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>) {
        let (operator, sign) = operator_code(operator);
        self.launch(&arithmetic, Grid::fours(y.len()), (operator, sign, Code::of(f), a, b, y));
    }
    fn arithmetic_backward(
        &self,
        slope: Slope,
        own: Ref<'_, f32>,
        other: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_own: Mut<'_, f32>,
        write: Write,
    ) {
        let grid = Grid::fours(d_own.len());
        self.launch(&arithmetic_backward, grid, (slope as u32, own, other, dy, d_own, write));
    }
    fn broadcast(&self, operator: Operator, s: Broadcast, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>) {
        if y.is_empty() {
            return;
        }
        let (batch, rank) = (Batch::new(y.len() / len(s.output), s.output), s.output.len());
        let iter =
            StridedIter::new(batch.sizes(), |axis| [s.left, s.right].map(|shape| Batch::stride(shape, rank, axis)));
        let (operator, sign) = operator_code(operator);
        let rows = Rows::of(&iter);
        self.launch(&broadcast, rows.grid(), (operator, sign, rows, Axes::outer(&iter), a, b, y));
    }
    fn broadcast_backward(
        &self,
        slope: Slope,
        s: Broadcast,
        own: Ref<'_, f32>,
        other: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_own: Mut<'_, f32>,
        write: Write,
    ) {
        if dy.is_empty() {
            return;
        }
        let (batch, rank) = (Batch::new(dy.len() / len(s.output), s.output), s.output.len());
        let kept = |axis| Batch::stride(s.left, rank, axis) != 0;
        let strides = |axis| [s.output, s.right].map(|shape| Batch::stride(shape, rank, axis));
        let r = Reducing::new(batch.sizes(), kept, strides);
        r.sum(self, 1.0, d_own, write, |_, d, write| {
            let arguments = (slope as u32, r.plan, r.kept, r.reduced, own, other, dy, d, write);
            self.launch(&broadcast_backward, r.grid(), arguments);
        });
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
