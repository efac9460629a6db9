//! Copies of ranges of rows on CUDA.

use super::{StridedCopy, StridedCopyKernel};
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Axes, Rows};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "concat.cu" with [crate::ops::axes::cuda::HEADER]:
    concat_stretches(rows, axes, x, y, add),
);

impl StridedCopyKernel for Cuda {
    fn copy_strided(
        &self,
        len: usize,
        from: StridedCopy,
        x: Ref<'_, f32>,
        to: StridedCopy,
        y: Mut<'_, f32>,
        write: Write,
    ) {
        if len == 0 || x.is_empty() {
            return;
        }
        let rows = x.len() / from.stride;
        let axes = Axes::rows(rows, from.stride);
        let (x, (_, y)) = (Cuda::slice(x, from.start..x.len()), Cuda::split_mut(y, to.start));
        let rows = Rows::new(rows, len, to.stride);
        self.launch(rows.grid(), concat_stretches { rows, axes, x, y, add: write });
    }
}
