//! Embeddings on CUDA.

use super::EmbeddingKernel;
use crate::device::cuda::{Cuda, Grid, Mut, Ref, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::ops::reduce::cuda::{Reducing, sum};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "embedding.cu" with [crate::ops::axes::cuda::HEADER]:
    embedding_forward(rows, vocabulary, weight, tokens, y),
    embedding_backward(vocabulary, features, part, chunk, tokens, dy, tables, add),
);

/// The number of features of a block of the backward pass.
const FEATURES: usize = 128;
/// So many blocks fill a GPU. Each reads all tokens, so more would not be better.
const BLOCKS: usize = 1024;
/// With fewer blocks, the tokens are split into chunks of at least `CHUNK`, and each chunk sums its own table.
const FEW: usize = 256;
const CHUNK: usize = 2048;

impl EmbeddingKernel for Cuda {
    fn embedding_forward(&self, features: usize, weight: Ref<'_, f32>, tokens: Ref<'_, u32>, y: Mut<'_, f32>) {
        let rows = Rows::new(tokens.len(), features, features);
        let vocabulary = word(weight.len() / features);
        self.launch(rows.grid(), embedding_forward { rows, vocabulary, weight, tokens, y });
    }
    fn embedding_backward(
        &self,
        features: usize,
        tokens: Ref<'_, u32>,
        dy: Ref<'_, f32>,
        d_weight: Mut<'_, f32>,
        write: Write,
    ) {
        let (vocabulary, columns) = (d_weight.len() / features, features.div_ceil(FEATURES));
        let part = vocabulary.div_ceil((BLOCKS / columns).clamp(1, vocabulary));
        let parts = vocabulary.div_ceil(part);
        let chunks = (FEW / (parts * columns)).clamp(1, tokens.len().div_ceil(CHUNK).max(1));
        let chunk = tokens.len().div_ceil(chunks).max(1);
        let run = |to: Mut<'_, f32>, write: Write| {
            let arguments = embedding_backward {
                vocabulary: word(vocabulary),
                features: word(features),
                part: word(part),
                chunk: word(chunk),
                tokens,
                dy,
                tables: to,
                add: write,
            };
            self.launch(Grid::of([parts, columns, chunks], 256), arguments);
        };
        if chunks == 1 {
            return run(d_weight, write);
        }
        let n = d_weight.len();
        let mut tables = self.scratch(chunks * n);
        run(Cuda::reborrow(&mut tables), Write::Set);
        let r = Reducing::new(&[chunks, n], |axis| axis == 1, |axis| [[n, 1][axis]; 2]).at_once();
        sum(self, r, 1.0, Cuda::share(&tables), d_weight, write);
    }
}
