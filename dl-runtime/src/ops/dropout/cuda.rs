//! Dropout on CUDA.

use super::{DropoutKernel, Mask};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::tensor::Write;

kernels!(
    "dropout.cu":
    dropout(seed, id, threshold, scale, x, y, add),
    dropout_in_place(seed, id, threshold, scale, x),
);

/// Returns a grid with one thread for every four elements of whole groups.
fn grid(n: usize) -> Grid {
    Grid::fours(n.next_multiple_of(64))
}

impl DropoutKernel for Cuda {
    fn dropout(&self, mask: Mask, x: Ref<'_, f32>, y: Mut<'_, f32>, write: Write) {
        let Mask { seed, id, scale, .. } = mask;
        self.launch(grid(y.len()), dropout { seed, id, threshold: mask.word_threshold(), scale, x, y, add: write });
    }
    fn dropout_in_place(&self, mask: Mask, x: Mut<'_, f32>) {
        let Mask { seed, id, scale, .. } = mask;
        self.launch(grid(x.len()), dropout_in_place { seed, id, threshold: mask.word_threshold(), scale, x });
    }
}
