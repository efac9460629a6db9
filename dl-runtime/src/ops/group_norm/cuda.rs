//! Group normalisation on CUDA.

use super::{GroupNormKernel, GroupNormSizes};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, kernels};
use crate::ops::layer_norm::cuda::fold;
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "group_norm.cu" with [crate::ops::layer_norm::cuda::HEADER]:
    group_norm_forward(s, weights, x, y),
    group_norm_backward(s, lanes, weights, x, dy, dx, add, sums),
);
arguments! { struct Settings { channels: u32, spatial_size: u32, groups: u32, epsilon: f32 } }

impl GroupNormSizes {
    /// Returns the kernel argument, and a grid with a block for each group of `len` numbers.
    fn launch(self, len: usize) -> (Settings, Grid) {
        let [channels, spatial_size, groups] = [self.channels, self.spatial_size, self.groups].map(|n| n as u32);
        let group = self.channels / self.groups * self.spatial_size;
        let threads = match group {
            0..=256 => 32,
            257..=2048 => 128,
            2049..=8192 => 256,
            _ => 1024,
        };
        (Settings { channels, spatial_size, groups, epsilon: self.epsilon }, Grid::new(len / group, threads))
    }
}

impl GroupNormKernel for Cuda {
    fn group_norm_forward(&self, s: GroupNormSizes, weights: Ref<'_, f32>, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let (settings, grid) = s.launch(x.len());
        self.launch(grid, group_norm_forward { s: settings, weights, x, y });
    }
    fn group_norm_backward(
        &self,
        s: GroupNormSizes,
        weights: Ref<'_, f32>,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weights: Option<(Mut<'_, f32>, Write)>,
        d_input: Option<(Mut<'_, f32>, Write)>,
    ) {
        let (settings, grid) = s.launch(x.len());
        // A channel that is long, or alone in its group, is summed by the whole block.
        let lanes = if s.spatial_size >= 1024 || s.channels == s.groups { grid.threads } else { 32 };
        let sums = self.scratch(if d_weights.is_some() { 2 * x.len() / s.spatial_size } else { 0 });
        let (dx, write) = d_input.unzip();
        let arguments = group_norm_backward {
            s: settings,
            lanes,
            weights,
            x,
            dy,
            dx,
            add: write.unwrap_or(Write::Set),
            sums: &sums,
        };
        self.launch(grid, arguments);
        if let Some((d_weights, write)) = d_weights {
            fold(self, Cuda::share(&sums), d_weights, write);
        }
    }
}
