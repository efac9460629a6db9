//! Gradient clipping on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, kernels};
use crate::ops::optimizer::{ClipKernel, Segments};
use crate::tensor::Storage;

kernels!(
    "clip.cu" with [crate::ops::optimizer::cuda::HEADER]:
    clip_squares(roles, g, parts),
    clip_factor(limit, parts, factor, check),
    clip_scale(roles, factor, g),
    clip_value(limit, roles, g),
);

impl ClipKernel for Cuda {
    fn clip_norm(&self, segments: &Segments<Cuda>, limit: f64, g: Mut<'_, f32>, finite_check: Mut<'_, u32>) {
        /// The largest number of partial sums, which one block then adds.
        const PARTS: usize = 1 << 10;
        let roles = Cuda::whole(&segments.roles);
        let parts = Grid::fours(g.len()).blocks[0].min(PARTS as u32) as usize;
        let (parts, factor) = Cuda::split_mut(self.scratch(2 * parts + 1), 2 * parts);
        let parts = Cuda::reinterpret_mut::<f32, u32>(parts);
        self.launch(Grid::new(parts.len() / 2, 256), clip_squares { roles, g: Cuda::share(&g), parts: &parts });
        self.launch(
            Grid::new(1, 256),
            clip_factor { limit: limit.to_bits(), parts: Cuda::share(&parts), factor: &factor, check: finite_check },
        );
        self.launch(Grid::fours(g.len()), clip_scale { roles, factor: Cuda::share(&factor), g });
    }
    fn clip_value(&self, segments: &Segments<Cuda>, limit: f32, g: Mut<'_, f32>) {
        self.launch(Grid::fours(g.len()), clip_value { limit: limit.abs(), roles: Cuda::whole(&segments.roles), g });
    }
}
