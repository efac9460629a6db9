//! Softmax on CUDA.

use super::{SoftmaxKernel, SoftmaxOp};
use crate::device::cuda::{Cuda, Mut, Ref, ThreadGroup, arguments, kernels};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "softmax.cu" with [crate::device::cuda::headers::THREAD_GROUP]:
    softmax_forward(s, lanes, rows, x, y),
    softmax_backward(s, lanes, rows, y, dy, dx, add),
);
arguments! { struct Shape { classes: u32, positions: u32, log: u32 } }

/// Returns the sizes, the thread group and the number of rows for `len` numbers.
fn rows(s: SoftmaxOp, len: usize) -> (Shape, ThreadGroup, usize) {
    let rows = len / s.classes;
    let group = if s.positions == 1 { ThreadGroup::of(rows, s.classes) } else { ThreadGroup::across(rows, s.classes) };
    (Shape { classes: s.classes as u32, positions: s.positions as u32, log: u32::from(s.log) }, group, rows)
}

/// `x` may be `y`.
fn forward(cuda: &Cuda, s: SoftmaxOp, x: Ref<'_, f32>, y: &Mut<'_, f32>) {
    let (shape, group, rows) = rows(s, y.len());
    cuda.launch(group.grid(), softmax_forward { s: shape, lanes: group, rows, x, y });
}

/// `dy` may be `dx`.
fn backward(cuda: &Cuda, s: SoftmaxOp, y: Ref<'_, f32>, dy: Ref<'_, f32>, dx: &Mut<'_, f32>, write: Write) {
    let (shape, group, rows) = rows(s, dx.len());
    cuda.launch(group.grid(), softmax_backward { s: shape, lanes: group, rows, y, dy, dx, add: write });
}

impl SoftmaxKernel for Cuda {
    fn softmax_forward(&self, s: SoftmaxOp, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        forward(self, s, x, &y);
    }
    fn softmax_forward_in_place(&self, s: SoftmaxOp, x: Mut<'_, f32>) {
        forward(self, s, Cuda::share(&x), &x);
    }
    fn softmax_backward(&self, s: SoftmaxOp, y: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        backward(self, s, y, dy, &dx, write);
    }
    fn softmax_backward_in_place(&self, s: SoftmaxOp, y: Ref<'_, f32>, d: Mut<'_, f32>) {
        backward(self, s, y, Cuda::share(&d), &d, Write::Set);
    }
}
