//! Noise on CUDA.

use super::{Noise, NoiseKernel};
use crate::device::cuda::{Cuda, Grid, Mut, kernels};

kernels!(
    "noise.cu":
    noise_add(seed, id, purpose, stddev, y),
);

impl NoiseKernel for Cuda {
    fn add_noise(&self, noise: Noise, y: Mut<'_, f32>) {
        let Noise { seed, id, purpose, stddev } = noise;
        // There is a thread for every four elements of whole groups of words.
        let grid = Grid::fours(y.len().next_multiple_of(64));
        self.launch(grid, noise_add { seed, id, purpose: purpose as u32, stddev, y });
    }
}
