//! Stochastic depth on CUDA.

use super::{SampleMask, StochasticDepthKernel};
use crate::device::cuda::{Cuda, Mut, Ref, kernels};
use crate::ops::axes::cuda::Rows;
use crate::tensor::Write;

kernels!(
    "stochastic_depth.cu" with [crate::ops::axes::cuda::HEADER]:
    stochastic_depth
);

impl StochasticDepthKernel for Cuda {
    fn scale_samples(&self, mask: SampleMask, len: usize, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let SampleMask { seed, id, threshold, scale } = mask;
        let rows = Rows::new(y.len() / len, len, len);
        self.launch(&stochastic_depth, rows.grid(), (rows, seed, id, threshold, scale, x, y, write));
    }
}
