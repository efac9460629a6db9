//! Attention of one row: the queries of its heads, and the rows that they see.

use crate::ops::dense::dot;
use libm::{exp2f, expf, sqrtf};

/// The heads of a row.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub alibi: bool,
}

/// A row that is seen: how far away it is, and its keys and values of all heads.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub distance: f32,
    pub keys: &'a [f32],
    pub values: &'a [f32],
}

/// Returns how much the scores of head `head` of `heads` are lowered for each row of distance: 2^(-8(h+1)/H) for a number of heads that is
/// a power of two. Otherwise the heads beyond the largest power of two get every other slope for twice as many.
pub fn slope(head: usize, heads: usize) -> f32 {
    let most = 1 << heads.ilog2();
    let eighths = if head < most { 8 * (head + 1) } else { 4 * (2 * (head - most) + 1) };
    exp2f(-(eighths as f32) / most as f32)
}

impl Heads {
    /// Computes `y` for the queries of a row and the rows that it sees. A row that sees nothing gives zeros.
    pub fn attend<'a>(self, queries: &[f32], seen: impl Iterator<Item = Seen<'a>> + Clone, y: &mut [f32]) {
        let (n, scale) = (self.head_dim.max(1), 1.0 / sqrtf(self.head_dim as f32));
        for (head, (query, y)) in queries.chunks_exact(n).zip(y.chunks_exact_mut(n)).enumerate() {
            let slope = if self.alibi { slope(head, self.heads) } else { 0.0 };
            let columns = head / (self.heads / self.kv_heads) * n..;
            // The sums so far are scaled down whenever a larger score comes, so that no scores are kept.
            let (mut most, mut sum) = (f32::NEG_INFINITY, 0.0);
            y.fill(0.0);
            for Seen { distance, keys, values } in seen.clone() {
                let score = scale * dot(query, &keys[columns.clone()][..n]) - slope * distance;
                if score > most {
                    let factor = expf(most - score);
                    sum *= factor;
                    y.iter_mut().for_each(|y| *y *= factor);
                    most = score;
                }
                let probability = expf(score - most);
                sum += probability;
                y.iter_mut().zip(&values[columns.clone()]).for_each(|(y, value)| *y += probability * value);
            }
            if sum != 0.0 {
                y.iter_mut().for_each(|y| *y /= sum);
            }
        }
    }
    /// Computes `y` for the last row of a stream, whose keys and values are in `place` of `state`, `[places, 2, kv_heads·head_dim]`; it sees
    /// the `count` rows up to itself.
    pub fn attend_to_past(self, queries: &[f32], state: &[f32], place: usize, count: usize, y: &mut [f32]) {
        let keys = self.kv_heads * self.head_dim;
        let places = state.len() / (2 * keys).max(1);
        let seen = (0..count).map(|distance| {
            let row = &state[(place + places - distance) % places * 2 * keys..][..2 * keys];
            Seen { distance: distance as f32, keys: &row[..keys], values: &row[keys..] }
        });
        self.attend(queries, seen, y);
    }
}
