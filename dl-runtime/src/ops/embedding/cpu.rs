//! Embeddings on the CPU. The forward pass copies rows. In the backward pass each task sums one part of the table, in
//! the order of the tokens.

use super::EmbeddingKernel;
use crate::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

/// The smallest task, in numbers.
const TASK: usize = 1 << 14;
/// The largest number of parts of the table in the backward pass; each part reads all tokens.
const PARTS: usize = 32;

impl EmbeddingKernel for Cpu {
    fn embedding_forward(&self, features: usize, weight: &[f32], tokens: &[u32], y: &mut [f32]) {
        let size = TASK.div_ceil(features);
        self.threads().split((chunks(tokens, size), chunks_mut(y, size * features)), &|_, (tokens, y)| {
            for (token, y) in tokens.iter().zip(y.chunks_exact_mut(features)) {
                match weight.chunks_exact(features).nth(*token as usize) {
                    Some(row) => y.copy_from_slice(row),
                    None => y.fill(f32::NAN),
                }
            }
        });
    }
    fn embedding_backward(&self, features: usize, tokens: &[u32], dy: &[f32], d_weight: &mut [f32], write: Write) {
        let rows = (d_weight.len() / features).div_ceil(PARTS).max(TASK.div_ceil(features));
        self.threads().split(chunks_mut(d_weight, rows * features), &|part, d_weight| {
            if write == Write::Set {
                d_weight.fill(0.0);
            }
            for (token, dy) in tokens.iter().zip(dy.chunks_exact(features)) {
                let row = (*token as usize).checked_sub(part * rows);
                let row = row.and_then(|row| d_weight.chunks_exact_mut(features).nth(row));
                if let Some(row) = row {
                    row.iter_mut().zip(dy).for_each(|(d, dy)| *d += dy);
                }
            }
        });
    }
}
