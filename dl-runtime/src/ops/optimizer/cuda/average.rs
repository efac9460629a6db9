//! Averages of weights on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::optimizer::AverageKernel;

kernels!(
    "average.cu" with [crate::ops::optimizer::cuda::HEADER]:
    average_move(part, weights, mean),
);

impl AverageKernel for Cuda {
    fn average(&self, part: f32, weights: Ref<'_, f32>, mean: Mut<'_, f32>) {
        self.launch(Grid::fours(mean.len()), average_move { part, weights, mean });
    }
}
