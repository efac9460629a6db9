//! Dense layers on CUDA, as three matrix products. The first also applies bias and activation, and the second computes
//! the gradient to the bias as well.

use super::{DenseKernel, DenseSizes};
use crate::device::cuda::{Cuda, Grid, Mut, Precision, Ref, bf16_form, bf16_len, kernels};
use crate::ops::Activation;
use crate::ops::matmul::Product;
use crate::ops::matmul::cuda::{Beside, Job, is_small};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "dense.cu" with [crate::device::cuda::headers::CAST, crate::ops::matmul::cuda::HEADER, crate::device::cuda::headers::LAST_BLOCK]:
    dense_column_sums(rows, columns, chunk, add, x, halves, sums, partial, counters),
    dense_backward(weights, input, dy, x, w, dw, db, dx; Slope(dx)) for [dense_backward_16, dense_backward_32],
);

impl DenseSizes {
    /// `y = x·Wᵀ`.
    fn forward(self) -> Product {
        let DenseSizes { samples: rows, inputs: inner, outputs: columns } = self;
        Product { rows, inner, columns, left_transposed: false, right_transposed: true }
    }
    /// `dx = dy·W`.
    fn to_input(self) -> Product {
        let DenseSizes { samples: rows, inputs: columns, outputs: inner } = self;
        Product { rows, inner, columns, left_transposed: false, right_transposed: false }
    }
    /// `dW = dyᵀ·x`.
    fn to_weights(self) -> Product {
        let DenseSizes { samples: inner, inputs: columns, outputs: rows } = self;
        Product { rows, inner, columns, left_transposed: true, right_transposed: false }
    }
}

impl DenseKernel for Cuda {
    fn dense_forward(
        &self,
        s: DenseSizes,
        activation: Activation,
        weight: Ref<'_, f32>,
        bias: Ref<'_, f32>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let bias = (!bias.is_empty()).then_some(bias);
        self.matmul(s.forward(), x, weight, y, Beside { bias, activation, write: Write::Set });
    }
    fn dense_backward_input(
        &self,
        s: DenseSizes,
        weight: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        self.matmul(s.to_input(), dy, weight, dx, Beside::plain(write));
    }
    fn dense_backward_weights(
        &self,
        s: DenseSizes,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        d_bias: Mut<'_, f32>,
        write: Write,
    ) {
        let p = s.to_weights();
        if is_small(p, 1) {
            let job = Job::new(p, !d_bias.is_empty(), write);
            return self.matmul_tiles(job, 1, dy, x, d_weight, Some(d_bias), Beside::plain(write));
        }
        if !d_bias.is_empty() {
            // The library sets the sums, and does not add to them.
            if write == Write::Set && self.matmul_and_row_sums(p, dy, x, &d_weight, &d_bias) {
                return;
            }
            self.column_sums(s, dy, d_bias, write);
        }
        self.matmul_large(p, 1, dy, x, d_weight, Beside::plain(write));
    }
    fn dense_backward(
        &self,
        s: DenseSizes,
        weight: Ref<'_, f32>,
        x: Ref<'_, f32>,
        dy: Ref<'_, f32>,
        [d_weight, d_bias]: [Mut<'_, f32>; 2],
        write: Write,
        dx: Mut<'_, f32>,
        write_dx: Write,
    ) {
        if !is_small(s.to_weights(), 1) || !is_small(s.to_input(), 1) {
            self.dense_backward_weights(s, x, dy, d_weight, d_bias, write);
            return self.dense_backward_input(s, weight, dy, dx, write_dx);
        }
        let weights = Job::new(s.to_weights(), !d_bias.is_empty(), write);
        let input = Job::new(s.to_input(), false, write_dx);
        let large = weights.large_tiles(1) || input.large_tiles(1);
        let (kernel, size) = if large { (&dense_backward_32, 32) } else { (&dense_backward_16, 16) };
        let grid = Grid::new(weights.tiles(size) + input.tiles(size), 256);
        self.launch(grid, dense_backward { kernel, weights, input, dy, x, w: weight, dw: d_weight, db: d_bias, dx });
    }
}

impl Cuda {
    /// `db = Σ dy`. For products in bf16, the same kernel also rounds `dy`.
    fn column_sums(&self, s: DenseSizes, dy: Ref<'_, f32>, d_bias: Mut<'_, f32>, write: Write) {
        let (rows, columns) = (s.samples, s.outputs);
        if self.computes_in() != Precision::Bf16 {
            return self.column_sums_and(s, dy, None, d_bias, write);
        }
        let mut d_bias = Some(d_bias);
        self.cast(dy, bf16_form(columns), bf16_len(rows, columns), |dy, halves| {
            if let Some(d_bias) = d_bias.take() {
                self.column_sums_and(s, dy, Some(halves), d_bias, write);
            }
        });
        if let Some(d_bias) = d_bias {
            self.column_sums_and(s, dy, None, d_bias, write);
        }
    }
    fn column_sums_and(
        &self,
        s: DenseSizes,
        dy: Ref<'_, f32>,
        halves: Option<Mut<'_, f32>>,
        d_bias: Mut<'_, f32>,
        write: Write,
    ) {
        /// The smallest number of rows of one block, and the largest number of chunks of rows.
        const ROWS: usize = 128;
        const CHUNKS: usize = 64;
        /// The columns of a block.
        const COLUMNS: usize = 256;
        let chunk = s.samples.div_ceil(CHUNKS).next_multiple_of(8).max(ROWS);
        let chunks = s.samples.div_ceil(chunk);
        let blocks = s.outputs.div_ceil(COLUMNS);
        let (partial, nothing) = {
            let len = if chunks == 1 { 0 } else { chunks * blocks * COLUMNS };
            Cuda::split_mut(self.scratch(len), len)
        };
        let arguments = dense_column_sums {
            rows: s.samples as u32,
            columns: s.outputs as u32,
            chunk: chunk as u32,
            add: write,
            x: dy,
            halves: halves.unwrap_or(nothing),
            sums: d_bias,
            partial,
            counters: self.counters(blocks),
        };
        self.launch(Grid::of([blocks, chunks, 1], COLUMNS as u32), arguments);
    }
}
