//! Gated linear units on CUDA.

use super::GluKernel;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::Write;
use crate::ops::axes::cuda::word;

kernels!("glu.cu": glu_forward, glu_backward);

impl GluKernel for Cuda {
    fn glu_forward(&self, n: usize, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(&glu_forward, Grid::each(y.len()), (word(n), x, y));
    }
    fn glu_backward(&self, n: usize, x: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        self.launch(&glu_backward, Grid::each(dy.len()), (word(n), x, dy, dx, write));
    }
}

#[cfg(test)]
mod twin {
    use super::*;
    use crate::device::{Twin, both};

    impl GluKernel for Twin {
        fn glu_forward(&self, n: usize, x: &[f32], y: &mut [f32]) {
            both!(self, [x], [y], |device| device.glu_forward(n, x, y));
        }
        fn glu_backward(&self, n: usize, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
            both!(self, [x, dy], [dx], |device| device.glu_backward(n, x, dy, dx, write));
        }
    }
}
