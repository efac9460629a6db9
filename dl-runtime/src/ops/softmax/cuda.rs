//! Softmax on CUDA.

use super::{Op, SoftmaxKernel};
use crate::device::cuda::{Cuda, Mut, Ref, Team, arguments, kernels};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!("softmax.cu": softmax_forward, softmax_backward);
arguments! { struct Shape { classes: u32, places: u32, log: u32 } }

/// Sizes, threads and number of the rows of `len` numbers.
fn rows(s: Op, len: usize) -> (Shape, Team, usize) {
    let rows = len / s.classes;
    let team = if s.places == 1 { Team::of(rows, s.classes) } else { Team::across(rows, s.classes) };
    (Shape { classes: s.classes as u32, places: s.places as u32, log: u32::from(s.log) }, team, rows)
}

/// `x` may be `y`.
fn forward(cuda: &Cuda, s: Op, x: Ref<'_, f32>, y: &Mut<'_, f32>) {
    let (shape, team, rows) = rows(s, y.len());
    cuda.launch(&softmax_forward, team.grid(), (shape, team, rows, x, y));
}

/// `dy` may be `dx`.
fn backward(cuda: &Cuda, s: Op, y: Ref<'_, f32>, dy: Ref<'_, f32>, dx: &Mut<'_, f32>, write: Write) {
    let (shape, team, rows) = rows(s, dx.len());
    cuda.launch(&softmax_backward, team.grid(), (shape, team, rows, y, dy, dx, write));
}

impl SoftmaxKernel for Cuda {
    fn softmax_forward(&self, s: Op, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        forward(self, s, x, &y);
    }
    fn softmax_forward_in_place(&self, s: Op, x: Mut<'_, f32>) {
        forward(self, s, Cuda::share(&x), &x);
    }
    fn softmax_backward(&self, s: Op, y: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        backward(self, s, y, dy, &dx, write);
    }
    fn softmax_backward_in_place(&self, s: Op, y: Ref<'_, f32>, d: Mut<'_, f32>) {
        backward(self, s, y, Cuda::share(&d), &d, Write::Set);
    }
}

#[cfg(test)]
mod twin {
    use super::{Op, SoftmaxKernel, Write};
    use crate::device::{Twin, both};

    impl SoftmaxKernel for Twin {
        fn softmax_forward(&self, s: Op, x: &[f32], y: &mut [f32]) {
            both!(self, [x], [y], |device| device.softmax_forward(s, x, y));
        }
        fn softmax_forward_in_place(&self, s: Op, x: &mut [f32]) {
            both!(self, [], [x], |device| device.softmax_forward_in_place(s, x));
        }
        fn softmax_backward(&self, s: Op, y: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
            both!(self, [y, dy], [dx], |device| device.softmax_backward(s, y, dy, dx, write));
        }
        fn softmax_backward_in_place(&self, s: Op, y: &[f32], d: &mut [f32]) {
            both!(self, [y], [d], |device| device.softmax_backward_in_place(s, y, d));
        }
    }
}
