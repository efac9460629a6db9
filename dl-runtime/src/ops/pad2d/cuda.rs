//! Padding on CUDA.

use super::{Pad2dKernel, Pad2dOp, Pad2dSizes};
use crate::device::cuda::{Cuda, Mut, Ref, arguments, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::tensor::Write;

kernels!(
    "pad2d.cu" with [crate::ops::axes::cuda::HEADER]:
    pad2d_forward(rows, mode, high, wide, x, y),
    pad2d_backward(rows, mode, high, wide, dy, dx, add),
);

arguments! {
    /// `Side` of `pad2d.cu`.
    struct Side { before: u32, image: u32, output: u32 }
}

/// Returns the vertical and the horizontal side.
fn sides(op: Pad2dOp, s: &Pad2dSizes) -> [Side; 2] {
    let side =
        |axis: usize| Side { before: word(op.before[axis]), image: word(s.image[axis]), output: word(s.output[axis]) };
    [side(0), side(1)]
}

impl Pad2dKernel for Cuda {
    fn pad2d_forward(&self, op: Pad2dOp, s: &Pad2dSizes, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let ([high, wide], [height, width]) = (sides(op, s), s.output);
        let rows = Rows::new(s.planes * height, width, width);
        self.launch(rows.grid(), pad2d_forward { rows, mode: op.mode as u32, high, wide, x, y });
    }
    fn pad2d_backward(&self, op: Pad2dOp, s: &Pad2dSizes, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        let ([high, wide], [height, width]) = (sides(op, s), s.image);
        let rows = Rows::new(s.planes * height, width, width);
        self.launch(rows.grid(), pad2d_backward { rows, mode: op.mode as u32, high, wide, dy, dx, add: write });
    }
}
