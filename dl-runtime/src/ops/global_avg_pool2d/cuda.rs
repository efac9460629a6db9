//! Global average pooling on CUDA: sums over rows, and repetitions along rows in the backward pass.

use super::GlobalAvgPool2dKernel;
use crate::device::cuda::{Cuda, Mut, Ref};
use crate::ops::axes::StridedIter;
use crate::ops::reduce::cuda::{Reducing, repeat, sum};
use crate::tensor::Write;

impl GlobalAvgPool2dKernel for Cuda {
    fn global_avg_pool2d_forward(&self, spatial_size: usize, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        sum(self, Reducing::rows(y.len(), spatial_size), 1.0 / spatial_size as f32, x, y, Write::Set);
    }
    fn global_avg_pool2d_backward(&self, spatial_size: usize, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        let iter = StridedIter::new(&[dy.len(), spatial_size], |axis| [1 - axis]);
        repeat(self, &iter, 1.0 / spatial_size as f32, dy, dx, write);
    }
}
