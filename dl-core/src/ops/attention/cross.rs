//! Attention of the rows of a sequence to those of another.

use super::heads::{Heads, Seen};
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;

/// The settings of attention from a sequence of queries to another one, whose rows are `[keys | values]`.
#[derive(Clone, Copy, Debug)]
pub struct CrossAttentionOp {
    /// The number of heads of queries.
    pub heads: usize,
    /// The number of heads of keys and values, which divides the number of heads of queries.
    pub kv_heads: usize,
    /// The number of features of a head.
    pub head_dim: usize,
    /// The probability that a probability becomes zero in training.
    pub dropout: f32,
    /// The number of this operation among those of the network that drop probabilities.
    pub id: u32,
}

impl CrossAttentionOp {
    /// Computes `softmax(q·kᵀ/√n)·v` for queries and rows `[k | v]`, `[T, N]`, `[S, M]` → `[T, N]`.
    #[inline(always)]
    pub fn infer<Q: Rows<N>, K: Rows<M>, const N: usize, const M: usize>(self, queries: &Q, rows: &K, output: &mut Q) {
        let [q, x] = [flat(slice::from_ref(queries)), flat(slice::from_ref(rows))];
        self.attend(q, x, flat_mut(slice::from_mut(output)));
    }
    fn attend(self, q: &[f32], x: &[f32], y: &mut [f32]) {
        let CrossAttentionOp { heads, kv_heads, head_dim, .. } = self;
        let (queries, keys) = (heads * head_dim, kv_heads * head_dim);
        let row = |row| {
            let (keys, values) = <[f32]>::split_at(row, keys);
            Seen { distance: 0.0, keys, values }
        };
        let seen = x.chunks_exact((2 * keys).max(1)).map(row);
        for (q, y) in q.chunks_exact(queries.max(1)).zip(y.chunks_exact_mut(queries.max(1))) {
            Heads { heads, kv_heads, head_dim, alibi: false }.attend(q, seen.clone(), y);
        }
    }
}
