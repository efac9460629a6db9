//! Normalisation to length 1 on CUDA.

use super::{L2NormalizeKernel, Op};
use crate::device::cuda::{Cuda, Mut, Ref, Team, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::Write;

kernels!("l2_normalize.cu": l2_normalize_forward, l2_normalize_backward);

impl L2NormalizeKernel for Cuda {
    fn l2_normalize_forward(&self, Op { n, epsilon }: Op, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let team = Team::of(x.len() / n, n);
        self.launch(&l2_normalize_forward, team.grid(), (word(n), team, epsilon, x, y));
    }
    fn l2_normalize_backward(
        &self,
        Op { n, epsilon }: Op,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let team = Team::of(x.len() / n, n);
        self.launch(&l2_normalize_backward, team.grid(), (word(n), team, epsilon, x, dy, dx, write));
    }
}
