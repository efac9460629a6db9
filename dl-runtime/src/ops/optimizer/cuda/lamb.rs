//! LAMB on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, arguments, kernels};
use crate::ops::optimizer::{LambKernel, LambStep, TensorStep};
use crate::tensor::Storage;

kernels!(
    "lamb.cu" with [crate::ops::optimizer::cuda::HEADER]:
    lamb_means(s, check, w, g, m, v, parts),
    lamb_trust(s, parts, trust),
    lamb_move(s, trust, check, w, g, m, v),
);

arguments! {
    /// The factors of a [`LambStep`], `Lamb` of `lamb.cu`.
    struct Lamb {
        rate: f32, first: f32, second: f32, second_rest: f32, size: f32, root: f32, epsilon: f32, decay: f32, trusts: f32
    }
}

impl LambKernel for Cuda {
    fn lamb(&self, step: LambStep, tensor: TensorStep<'_, Cuda>, m: Mut<'_, f32>, v: Mut<'_, f32>) {
        /// The largest number of partial sums, which one block then adds.
        const PARTS: usize = 1 << 10;
        let LambStep { rate, first, second, second_rest, size, root, epsilon, decay, trusts } = step;
        let s = Lamb { rate, first, second, second_rest, size, root, epsilon, decay, trusts };
        let TensorStep { weights: w, gradients: g, finite_check } = tensor;
        let grid = Grid::fours(w.len());
        let parts = grid.blocks[0].min(PARTS as u32) as usize;
        let (parts, trust) = Cuda::split_mut(self.scratch(4 * parts + 1), 4 * parts);
        let parts = Cuda::reinterpret_mut::<f32, u32>(parts);
        let means =
            lamb_means { s, check: Cuda::share(&finite_check), w: Cuda::share(&w), g, m: &m, v: &v, parts: &parts };
        self.launch(Grid::new(parts.len() / 4, 256), means);
        self.launch(Grid::new(1, 256), lamb_trust { s, parts: Cuda::share(&parts), trust: &trust });
        let (m, v) = (Cuda::share(&m), Cuda::share(&v));
        self.launch(grid, lamb_move { s, trust: Cuda::share(&trust), check: finite_check, w, g, m, v });
    }
}
