//! Layer normalisation on CUDA.

use super::{LayerNormKernel, Norm};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, ThreadGroup, arguments, header, kernels};
use crate::tensor::Storage;
use crate::tensor::Write;

header!(HEADER = "moments.cuh" with [crate::device::cuda::headers::THREAD_GROUP]);
kernels!(
    "layer_norm.cu" with [HEADER]:
    layer_norm_forward(norm, lanes, n, rows, weight, bias, x, y),
    layer_norm_backward(norm, lanes, n, rows, weight, x, dy, dx, add, moments),
    layer_norm_sums(n, rows, size, weights, x, dy, moments, sums, add),
    layer_norm_fold(rows, from, to, add),
);
arguments! { struct Settings { epsilon: f32, centred: u32 } }

impl Norm {
    fn settings(self) -> Settings {
        Settings { epsilon: self.epsilon, centred: u32::from(self.centred) }
    }
}

/// The number of columns of a block of the kernels that sum columns.
const COLUMNS: usize = 32;

/// Sums the columns of `from`, which is [rows, to.len()].
pub(in crate::ops) fn fold(cuda: &Cuda, from: Ref<'_, f32>, to: Mut<'_, f32>, write: Write) {
    let grid = Grid::new(to.len().div_ceil(COLUMNS), 256);
    cuda.launch(grid, layer_norm_fold { rows: from.len() / to.len(), from, to, add: write });
}

impl LayerNormKernel for Cuda {
    fn layer_norm_forward(
        &self,
        norm: Norm,
        weight: Ref<'_, f32>,
        bias: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let n = weight.len();
        let (rows, settings) = (x.len() / n, norm.settings());
        let group = ThreadGroup::of(rows, n);
        self.launch(
            group.grid(),
            layer_norm_forward { norm: settings, lanes: group, n: n as u32, rows, weight, bias, x, y },
        );
    }
    fn layer_norm_backward(
        &self,
        norm: Norm,
        weight: Ref<'_, f32>,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        (d_weights, write): (Mut<'_, f32>, Write),
        d_input: Option<(Mut<'_, f32>, Write)>,
    ) {
        let (n, weights) = (weight.len(), d_weights.len());
        let rows = x.len() / n;
        // The rows are split into parts, so that few columns fill a GPU, too.
        let across = n.div_ceil(COLUMNS);
        let parts = 1024_usize.div_ceil(across).min(rows.div_ceil(32)).clamp(1, 128);
        let size = rows.div_ceil(parts);
        let parts = rows.div_ceil(size);
        let (moments, sums) = Cuda::split_mut(self.scratch(2 * rows + parts * weights), 2 * rows);

        let (group, settings) = (ThreadGroup::of(rows, n), norm.settings());
        let (dx, write_input) = d_input.unzip();
        let write_input = write_input.unwrap_or(Write::Set);
        let arguments = layer_norm_backward {
            norm: settings,
            lanes: group,
            n: n as u32,
            rows,
            weight,
            x,
            dy,
            dx,
            add: write_input,
            moments: &moments,
        };
        self.launch(group.grid(), arguments);

        let (grid, n, width) = (Grid::of([across, parts, 1], 256), n as u32, weights as u32);
        if parts == 1 {
            self.launch(
                grid,
                layer_norm_sums {
                    n,
                    rows,
                    size,
                    weights: width,
                    x,
                    dy,
                    moments: &moments,
                    sums: d_weights,
                    add: write,
                },
            );
        } else {
            self.launch(
                grid,
                layer_norm_sums {
                    n,
                    rows,
                    size,
                    weights: width,
                    x,
                    dy,
                    moments: &moments,
                    sums: &sums,
                    add: Write::Set,
                },
            );
            fold(self, Cuda::share(&sums), d_weights, write);
        }
    }
}
