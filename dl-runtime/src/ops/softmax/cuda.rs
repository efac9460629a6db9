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
