//! Stochastic depth on CUDA.

use super::{SampleMask, StochasticDepthKernel};
use crate::device::cuda::{Cuda, Mut, Ref, headers, kernels};
use crate::ops::axes::cuda::Rows;
use crate::tensor::{Sequences, Write};

kernels!(
    "stochastic_depth.cu" with [crate::ops::axes::cuda::HEADER, headers::SEQUENCES]:
    stochastic_depth(rows, ends, len, seed, id, threshold, scale, x, y, add),
);

impl StochasticDepthKernel for Cuda {
    fn scale_samples(
        &self,
        mask: SampleMask,
        sequences: Sequences<'_, Cuda>,
        row: usize,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
        write: Write,
    ) {
        let SampleMask { seed, id, threshold, scale } = mask;
        let (rows, (ends, len)) = (Rows::new(sequences.rows(), row, row), sequences.on_device());
        self.launch(rows.grid(), stochastic_depth { rows, ends, len, seed, id, threshold, scale, x, y, add: write });
    }
}
