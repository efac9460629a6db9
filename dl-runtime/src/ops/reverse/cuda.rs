//! Reversals on CUDA.

use super::ReverseKernel;
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::tensor::Write;

kernels!(
    "reverse.cu" with [crate::ops::axes::cuda::HEADER]:
    reverse_rows
);

impl ReverseKernel for Cuda {
    fn reverse(&self, size: usize, row: usize, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let rows = Rows::new(y.len() / row, row, row);
        self.launch(&reverse_rows, rows.grid(), (rows, word(size), x, y, write));
    }
}
