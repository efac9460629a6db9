//! Normalisation to length 1 on CUDA.

use super::{L2NormalizeKernel, Op};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::Write;
use crate::ops::axes::cuda::word;

kernels!("l2_normalize.cu": l2_normalize_forward, l2_normalize_backward);

/// The longest row that is a warp's alone.
const WARPS: usize = 1024;

/// Whether rows of `n` of `len` numbers have a warp each, not a block, and the threads for them.
fn threads(n: usize, len: usize) -> (u32, Grid) {
    let rows = len / n;
    if n <= WARPS { (1, Grid::each(32 * rows)) } else { (0, Grid::new(rows.min(1 << 16), 256)) }
}

impl L2NormalizeKernel for Cuda {
    fn l2_normalize_forward(&self, Op { n, epsilon }: Op, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let (by_warp, grid) = threads(n, x.len());
        self.launch(&l2_normalize_forward, grid, (word(n), by_warp, epsilon, x, y));
    }
    fn l2_normalize_backward(
        &self,
        Op { n, epsilon }: Op,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let (by_warp, grid) = threads(n, x.len());
        self.launch(&l2_normalize_backward, grid, (word(n), by_warp, epsilon, x, dy, dx, write));
    }
}

#[cfg(test)]
mod twin {
    use super::*;
    use crate::device::{Twin, both};

    impl L2NormalizeKernel for Twin {
        fn l2_normalize_forward(&self, op: Op, x: &[f32], y: &mut [f32]) {
            both!(self, [x], [y], |device| device.l2_normalize_forward(op, x, y));
        }
        fn l2_normalize_backward(&self, op: Op, x: &[f32], dy: &[f32], dx: &mut [f32], write: Write) {
            both!(self, [x, dy], [dx], |device| device.l2_normalize_backward(op, x, dy, dx, write));
        }
    }
}
