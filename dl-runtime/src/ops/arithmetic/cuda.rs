//! Arithmetic on CUDA.

use super::{ArithmeticKernel, Broadcast, Operator, Slope};
use crate::device::cuda::{Cuda, Extension, Grid, Mut, Ref, kernels};
use crate::ops::Activation;
use crate::ops::activation::cuda::Code;
use crate::ops::axes::cuda::{Axes, Batch, Rows};
use crate::ops::axes::{StridedIter, len};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::Write;

kernels!(
    "arithmetic.cu" with [crate::ops::activation::cuda::HEADER, crate::ops::axes::cuda::HEADER, crate::ops::reduce::cuda::HEADER]:
    arithmetic(op, sign, f, a, b, y),
    arithmetic_backward(slope, own, other, dy, d, add),
    broadcast(op, sign, rows, axes, a, b, y),
    broadcast_backward(slope, r, kept, reduced, own, other, dy, d, add),
    arithmetic_affine(scale, shift, x, y, add),
    arithmetic_affine_in_place(scale, shift, x),
    arithmetic_reciprocal(numerator, x, y),
    arithmetic_reciprocal_in_place(numerator, x),
    arithmetic_reciprocal_backward(numerator, x, dy, dx, add),
    arithmetic_reciprocal_backward_in_place(numerator, x, d),
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
        let relu = match f {
            Activation::Identity => Some(0_u32),
            Activation::Relu => Some(1),
            _ => None,
        };
        if let (Some(relu), Operator::Add { sign: 1.0 }) = (relu, operator) {
            // The kernel that was queued last may compute one of the summands.
            let sum = |of: Ref<'_, f32>, summand: Ref<'_, f32>| {
                self.extend(Extension::Sum, (of.address(), of.len()), (relu, (summand, &y)))
            };
            if sum(a, b) || sum(b, a) {
                return;
            }
        }
        let (operator, sign) = operator_code(operator);
        self.launch(Grid::fours(y.len()), arithmetic { op: operator, sign, f: Code::of(f), a, b, y });
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
        self.launch(grid, arithmetic_backward { slope: slope as u32, own, other, dy, d: d_own, add: write });
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
        self.launch(rows.grid(), broadcast { op: operator, sign, rows, axes: Axes::outer(&iter), a, b, y });
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
            let arguments = broadcast_backward {
                slope: slope as u32,
                r: r.plan,
                kept: r.kept,
                reduced: r.reduced,
                own,
                other,
                dy,
                d,
                add: write,
            };
            self.launch(r.grid(), arguments);
        });
    }
    fn affine(&self, scale: f32, shift: f32, x: Ref<'_, f32>, y: Mut<'_, f32>, w: Write) {
        self.launch(Grid::fours(y.len()), arithmetic_affine { scale, shift, x, y, add: w });
    }
    fn affine_in_place(&self, scale: f32, shift: f32, x: Mut<'_, f32>) {
        self.launch(Grid::fours(x.len()), arithmetic_affine_in_place { scale, shift, x });
    }
    fn reciprocal(&self, numerator: f32, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(Grid::fours(y.len()), arithmetic_reciprocal { numerator, x, y });
    }
    fn reciprocal_in_place(&self, numerator: f32, x: Mut<'_, f32>) {
        self.launch(Grid::fours(x.len()), arithmetic_reciprocal_in_place { numerator, x });
    }
    fn reciprocal_backward(&self, numerator: f32, x: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, w: Write) {
        self.launch(Grid::fours(dx.len()), arithmetic_reciprocal_backward { numerator, x, dy, dx, add: w });
    }
    fn reciprocal_backward_in_place(&self, numerator: f32, x: Ref<'_, f32>, d: Mut<'_, f32>) {
        self.launch(Grid::fours(d.len()), arithmetic_reciprocal_backward_in_place { numerator, x, d });
    }
}
