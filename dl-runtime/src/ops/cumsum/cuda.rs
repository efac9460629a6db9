//! Cumulative sums on CUDA.

use super::{CumsumKernel, CumsumOp, From};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::Write;

kernels!(
    "cumsum.cu":
    cumsum(size, inner, reversed, x, y, add),
);

impl CumsumKernel for Cuda {
    fn cumsum(&self, op: CumsumOp, from: From, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let CumsumOp { size, inner } = op;
        let grid = Grid::each(y.len() / size);
        self.launch(
            grid,
            cumsum { size: word(size), inner: word(inner), reversed: u32::from(from == From::Last), x, y, add: write },
        );
    }
}
