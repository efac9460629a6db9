//! Copies of stretches on CUDA.

use super::{Stretch, StretchKernel};
use crate::device::Storage;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::Write;
use crate::ops::axes::cuda::{Axes, Rows};

kernels!("concat.cu": concat_stretches);

impl StretchKernel for Cuda {
    fn copy_stretches(&self, len: usize, from: Stretch, x: Ref<'_, f32>, to: Stretch, y: Mut<'_, f32>, write: Write) {
        if len == 0 || x.is_empty() {
            return;
        }
        let rows = x.len() / from.stride;
        let axes = Axes::rows(rows, from.stride);
        let (x, (_, y)) = (Cuda::slice(x, from.start..x.len()), Cuda::split_mut(y, to.start));
        let rows = Rows::new(rows, len, to.stride);
        self.launch(&concat_stretches, rows.grid(), (rows, axes, x, y, write));
    }
}

#[cfg(test)]
impl StretchKernel for crate::device::Twin {
    fn copy_stretches(&self, len: usize, from: Stretch, x: &[f32], to: Stretch, y: &mut [f32], write: Write) {
        crate::device::both!(self, [x], [y], |device| device.copy_stretches(len, from, x, to, y, write));
    }
}
