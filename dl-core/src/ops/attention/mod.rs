//! Attention over the rows of a sequence of constant length, of another one, and of a stream.

mod cross;
mod heads;
mod weights;

pub use cross::CrossAttentionOp;
pub use heads::slope;
pub use weights::Projections;

use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;
use heads::{Heads, Seen};

/// The settings of attention of a sequence to itself, whose rows are `[queries | keys | values]`.
#[derive(Clone, Copy, Debug)]
pub struct AttentionOp {
    /// The number of heads of queries.
    pub heads: usize,
    /// The number of heads of keys and values, which divides the number of heads of queries.
    pub kv_heads: usize,
    /// The number of features of a head.
    pub head_dim: usize,
    /// True if a row sees itself and the rows before it, and not those after it.
    pub causal: bool,
    /// The number of rows that a row sees at most, including itself; 0 for any number.
    pub window: usize,
    /// True if scores are lowered by the distance of the two rows, times a slope for each head.
    pub alibi: bool,
    /// The probability that a probability becomes zero in training.
    pub dropout: f32,
    /// The number of this operation among those of the network that drop probabilities.
    pub id: u32,
}

/// The keys and the values of the last `R` rows of a stream, those at position `t` in place `t % R`; `K` features each.
pub type State<const R: usize, const K: usize> = [[[f32; K]; 2]; R];

impl AttentionOp {
    fn heads(self) -> Heads {
        let AttentionOp { heads, kv_heads, head_dim, alibi, .. } = self;
        Heads { heads, kv_heads, head_dim, alibi }
    }
    /// Computes `softmax(q·kᵀ/√n)·v` for rows `[q | k | v]`, `[T, N]` → `[T, M]`.
    #[inline(always)]
    pub fn infer<S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(self, rows: &S, output: &mut Y) {
        let (x, y) = (flat(slice::from_ref(rows)), flat_mut(slice::from_mut(output)));
        self.attend(x, y, N, M);
    }
    fn attend(self, x: &[f32], y: &mut [f32], row: usize, queries: usize) {
        let (heads, count) = (self.heads(), x.len() / row.max(1));
        let keys = self.kv_heads * self.head_dim;
        for (t, y) in y.chunks_exact_mut(queries.max(1)).enumerate() {
            let end = if self.causal { t + 1 } else { count };
            let start = if self.window > 0 { (t + 1).saturating_sub(self.window) } else { 0 };
            let seen = (start..end).map(|other| {
                let row = &x[other * row + queries..][..2 * keys];
                Seen { distance: t.abs_diff(other) as f32, keys: &row[..keys], values: &row[keys..] }
            });
            heads.attend(&x[t * row..][..queries], seen, y);
        }
    }
    /// Computes the output for the row at position `t` of a stream, and keeps its keys and values. A row for which there is no place, beyond
    /// the largest length that the model declares, gives NaN.
    #[inline(always)]
    pub fn step<const N: usize, const M: usize, const R: usize, const K: usize>(
        self,
        t: u64,
        row: &[f32; N],
        state: &mut State<R, K>,
        output: &mut [f32; M],
    ) {
        if t >= R as u64 && self.window != R || R == 0 {
            return output.fill(f32::NAN);
        }
        let (queries, own) = row.split_at(M);
        let place = (t % R as u64) as usize;
        state[place][0].copy_from_slice(&own[..K]);
        state[place][1].copy_from_slice(&own[K..]);
        self.heads().attend_to_past(queries, flat(&state[..]), place, (t + 1).min(R as u64) as usize, output);
    }
}
