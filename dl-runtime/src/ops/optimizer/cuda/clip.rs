//! Gradient clipping on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, kernels};
use crate::ops::optimizer::{ClipKernel, Segments};
use crate::tensor::Storage;

kernels!(
    "clip.cu" with [crate::ops::optimizer::cuda::HEADER]:
    clip_squares, clip_factor, clip_scale, clip_value
);

impl ClipKernel for Cuda {
    fn clip_norm(&self, segments: &Segments<Cuda>, limit: f64, g: Mut<'_, f32>, finite_check: Mut<'_, u32>) {
        /// The largest number of partial sums, which one block then adds.
        const PARTS: usize = 1 << 10;
        let roles = Cuda::whole(&segments.roles);
        let parts = Grid::fours(g.len()).blocks[0].min(PARTS as u32) as usize;
        let (parts, factor) = Cuda::split_mut(self.scratch(2 * parts + 1), 2 * parts);
        let parts = Cuda::reinterpret_mut::<f32, u32>(parts);
        self.launch(&clip_squares, Grid::new(parts.len() / 2, 256), (roles, Cuda::share(&g), &parts));
        self.launch(&clip_factor, Grid::new(1, 256), (limit.to_bits(), Cuda::share(&parts), &factor, finite_check));
        self.launch(&clip_scale, Grid::fours(g.len()), (roles, Cuda::share(&factor), g));
    }
    fn clip_value(&self, segments: &Segments<Cuda>, limit: f32, g: Mut<'_, f32>) {
        self.launch(&clip_value, Grid::fours(g.len()), (limit.abs(), Cuda::whole(&segments.roles), g));
    }
}
