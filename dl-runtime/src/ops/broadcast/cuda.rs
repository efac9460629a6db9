//! Broadcast arithmetic on CUDA.

use super::{BroadcastKernel, Operator, Shapes, Slope};
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Axes, Batch, Rows};
use crate::ops::axes::{StridedIter, len};
use crate::ops::reduce::cuda::Reducing;
use crate::tensor::Write;

kernels!(
    "broadcast.cu" with [crate::ops::axes::cuda::HEADER, crate::ops::reduce::cuda::HEADER]:
    broadcast, broadcast_backward
);

impl BroadcastKernel for Cuda {
    fn broadcast(&self, operator: Operator, s: Shapes, a: Ref<'_, f32>, b: Ref<'_, f32>, y: Mut<'_, f32>) {
        if y.is_empty() {
            return;
        }
        let (batch, rank) = (Batch::new(y.len() / len(s.output), s.output), s.output.len());
        let walk =
            StridedIter::new(batch.sizes(), |axis| [s.left, s.right].map(|shape| Batch::stride(shape, rank, axis)));
        let (operator, sign) = match operator {
            Operator::Add { sign } => (0_u32, sign),
            Operator::Mul => (1, 0.0),
            Operator::Div => (2, 0.0),
        };
        let rows = Rows::of(&walk);
        self.launch(&broadcast, rows.grid(), (operator, sign, rows, Axes::outer(&walk), a, b, y));
    }
    fn broadcast_backward(
        &self,
        slope: Slope,
        s: Shapes,
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
}
