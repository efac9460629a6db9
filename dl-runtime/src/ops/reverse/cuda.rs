//! Reversals on CUDA.

use super::ReverseKernel;
use crate::device::cuda::{Cuda, Mut, Ref, headers, kernels};
use crate::ops::axes::cuda::Rows;
use crate::tensor::{Sequences, Write};

kernels!(
    "reverse.cu" with [crate::ops::axes::cuda::HEADER, headers::SEQUENCES]:
    reverse_rows(rows, ends, len, x, y, add),
);

impl ReverseKernel for Cuda {
    fn reverse(&self, sequences: Sequences<'_, Cuda>, row: usize, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let (rows, (ends, len)) = (Rows::new(sequences.rows(), row, row), sequences.on_device());
        self.launch(rows.grid(), reverse_rows { rows, ends, len, x, y, add: write });
    }
}
