//! The loss of SimCLR on CUDA. The forward pass stores only the sums over tiles of the similarity matrix. The backward
//! pass stores the gradient to the similarities of one input's views, a matrix of `n` × `2n`.

use crate::device::cuda::{Cuda, Grid, Mut, Ref, ThreadGroup, kernels};
use crate::ops::loss::Gradient;
use crate::ops::loss::nt_xent::{NtXentKernel, NtXentSizes};
use crate::tensor::Storage;

kernels!(
    "nt_xent.cu" with [crate::ops::loss::cuda::HEADER]:
    nt_xent_normalize(lanes, n, features, a, b, z, saved),
    nt_xent_tiles(n, features, temperature, z, tiles, positives),
    nt_xent_losses(lanes, count, tiles, positives, losses, saved),
    nt_xent_slopes(n, features, temperature, input, z, saved, scale, slopes),
    nt_xent_product(n, features, slopes, z, d),
    nt_xent_input(lanes, n, features, input, z, saved, d, to, add),
);

/// The number of rows and of columns of a tile.
const TILE: usize = 32;

/// Returns a grid with one block for each tile of a matrix.
fn tiles(rows: usize, columns: usize) -> Grid {
    Grid::of([columns.div_ceil(TILE), rows.div_ceil(TILE), 1], 256)
}

/// Writes the normalised views to `z` and, unless `None`, the norms to `saved`.
fn normalize(
    cuda: &Cuda,
    n: usize,
    features: usize,
    views: [Ref<'_, f32>; 2],
    z: &Mut<'_, f32>,
    saved: Option<&Mut<'_, f32>>,
) {
    let (group, [a, b]) = (ThreadGroup::of(2 * n, features), views);
    cuda.launch(group.grid(), nt_xent_normalize { lanes: group, n, features, a, b, z, saved });
}

impl NtXentKernel for Cuda {
    fn nt_xent(
        &self,
        s: NtXentSizes,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        losses: Mut<'_, f32>,
        saved: Option<Mut<'_, f32>>,
    ) {
        let (n, features) = (losses.len(), s.features);
        let count = (2 * n).div_ceil(TILE);
        let scratch = self.scratch(2 * n * features + 4 * n * count + 2 * n);
        let (z, rest) = Cuda::split_mut(scratch, 2 * n * features);
        let (sums, positives) = Cuda::split_mut(rest, 4 * n * count);

        normalize(self, n, features, [a, b], &z, saved.as_ref());
        let arguments =
            nt_xent_tiles { n, features, temperature: s.temperature, z: &z, tiles: &sums, positives: &positives };
        self.launch(tiles(2 * n, 2 * n), arguments);
        let group = ThreadGroup::of(n, count);
        self.launch(
            group.grid(),
            nt_xent_losses { lanes: group, count, tiles: &sums, positives: &positives, losses, saved },
        );
    }
    fn nt_xent_backward(
        &self,
        s: NtXentSizes,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        saved: Ref<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let Gradient { input, scale, to, write } = gradient;
        let (n, features, input) = (saved.len() / 4, s.features, input as u32);
        let scratch = self.scratch(3 * n * features + 2 * n * n);
        let (z, rest) = Cuda::split_mut(scratch, 2 * n * features);
        let (d, slopes) = Cuda::split_mut(rest, n * features);

        normalize(self, n, features, [a, b], &z, None);
        let arguments =
            nt_xent_slopes { n, features, temperature: s.temperature, input, z: &z, saved, scale, slopes: &slopes };
        self.launch(tiles(n, 2 * n), arguments);
        self.launch(tiles(n, features), nt_xent_product { n, features, slopes: &slopes, z: &z, d: &d });
        let group = ThreadGroup::of(n, features);
        self.launch(
            group.grid(),
            nt_xent_input { lanes: group, n, features, input, z: &z, saved, d: &d, to, add: write },
        );
    }
}
