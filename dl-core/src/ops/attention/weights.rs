//! The weights of the projections before attention: those to queries, keys and values side by side, so that one product computes all.

use crate::Pod;

/// The weights from `I` features to `Q` features of queries and `KV` of keys and of values; `Q` is 0 where the queries are of another
/// sequence. `BQ` and `BKV` are `Q` and `KV`, or 0 without biases. In memory it is a dense layer with `Q + 2·KV` outputs.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Projections<const I: usize, const Q: usize, const KV: usize, const BQ: usize = Q, const BKV: usize = KV> {
    /// One row of `I` weights for every feature of the queries.
    pub q_weight: [[f32; I]; Q],
    /// One row of `I` weights for every feature of the keys.
    pub k_weight: [[f32; I]; KV],
    /// One row of `I` weights for every feature of the values.
    pub v_weight: [[f32; I]; KV],
    /// The biases of the queries.
    pub q_bias: [f32; BQ],
    /// The biases of the keys.
    pub k_bias: [f32; BKV],
    /// The biases of the values.
    pub v_bias: [f32; BKV],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const Q: usize, const KV: usize, const BQ: usize, const BKV: usize> Pod
    for Projections<I, Q, KV, BQ, BKV>
{
    type Element = f32;
}
