//! Positions on CUDA.

use super::PositionsKernel;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::ops::reduce::cuda::{Reducing, sum};
use crate::tensor::Write;

kernels!(
    "positions.cu" with [crate::ops::axes::cuda::HEADER]:
    positions_add, positions_add_sinusoids
);

impl PositionsKernel for Cuda {
    fn add_positions(&self, positions: Ref<'_, f32>, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let len = positions.len();
        let rows = Rows::new(y.len() / len, len, len);
        self.launch(&positions_add, rows.grid(), (rows, positions, x, y));
    }
    fn add_positions_backward(&self, dy: Ref<'_, f32>, d: Mut<'_, f32>, write: Write) {
        let len = d.len();
        let r = Reducing::new(&[dy.len() / len, len], |axis| axis == 1, |axis| [[len, 1][axis]; 2]);
        sum(self, r, 1.0, dy, d, write);
    }
    fn add_sinusoids(&self, features: usize, len: usize, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        self.launch(&positions_add_sinusoids, Grid::each(len), (word(features), word(len), x, y));
    }
}
