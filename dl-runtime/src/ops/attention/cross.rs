//! Attention of one sequence to another: the queries of a decoder to the rows of an encoder.

use super::{Attention, Columns, Drops, Inputs, Outcome, Sight, Towards};
use crate::ops::Device;
use crate::tensor::{Grad, Rows, Sequences};
use crate::{Context, Pod, View, ViewMut};

/// The settings of attention of a sequence to another one, all of whose rows it sees.
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
    /// Returns the settings of a call that drops nothing, after checking the lengths of rows of queries and of `[keys | values]`.
    fn settings<const Q: usize, const KV: usize>(self) -> Attention {
        let CrossAttentionOp { heads, kv_heads, head_dim, .. } = self;
        let sight = Sight { causal: false, window: 0 };
        let attention = Attention { heads, kv_heads, head_dim, sight, alibi: false, dropout: None };
        assert!(kv_heads > 0 && heads.is_multiple_of(kv_heads), "heads of queries for each head of keys");
        let fit = (Q, KV) == (attention.query_columns(), 2 * attention.key_columns());
        assert!(fit, "rows of {Q} and {KV} numbers for {self:?}");
        attention
    }
    fn inputs<'a, D: Device, S: Rows<Q>, M: Rows<KV>, const Q: usize, const KV: usize>(
        q: View<'a, D, S>,
        kv: View<'a, D, M>,
    ) -> Inputs<'a, D> {
        let q = Columns { data: q.data(), row: Q, first: 0 };
        let [k, v] = [0, KV / 2].map(|first| Columns { data: kv.data(), row: KV, first });
        Inputs { q, k, v }
    }
    /// `output = softmax(q·kᵀ/√n)·v` for rows `q` and rows `[k | v]` of another sequence, with dropout on the probabilities.
    #[allow(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn forward<D, S, M, L, const Q: usize, const KV: usize>(
        self,
        context: &Context<D>,
        queries: Sequences<D>,
        memory: Sequences<D>,
        q: View<D, S>,
        kv: View<D, M>,
        output: ViewMut<D, S>,
        sums: ViewMut<D, L>,
    ) where
        D: Device,
        S: Rows<Q>,
        M: Rows<KV>,
        L: Pod<Element = f32>,
    {
        let dropout = Drops::of(context, self.dropout, self.id);
        let attention = Attention { dropout, ..self.settings::<Q, KV>() };
        let inputs = Self::inputs(q.shorten(), kv.shorten());
        context.device.attention_forward(
            attention,
            queries,
            memory,
            inputs,
            output.into_data(),
            Some(sums.into_data()),
        );
    }
    /// Does the same without dropout, and saves nothing.
    pub fn infer<D: Device, S: Rows<Q>, M: Rows<KV>, const Q: usize, const KV: usize>(
        self,
        context: &Context<D>,
        queries: Sequences<D>,
        memory: Sequences<D>,
        q: View<D, S>,
        kv: View<D, M>,
        output: ViewMut<D, S>,
    ) {
        let inputs = Self::inputs(q.shorten(), kv.shorten());
        let attention = self.settings::<Q, KV>();
        context.device.attention_forward(attention, queries, memory, inputs, output.into_data(), None);
    }
    /// Computes the gradient to the queries (`input` 0) or to `[keys | values]` (1).
    #[allow(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<D, S, M, L, I, const Q: usize, const KV: usize>(
        self,
        context: &Context<D>,
        queries: Sequences<D>,
        memory: Sequences<D>,
        input: usize,
        q: View<D, S>,
        kv: View<D, M>,
        output: View<D, S>,
        sums: View<D, L>,
        d_output: View<D, S>,
        d_input: Grad<D, I>,
    ) where
        D: Device,
        S: Rows<Q>,
        M: Rows<KV>,
        L: Pod<Element = f32>,
        I: Pod<Element = f32>,
    {
        let towards = [Towards::Queries, Towards::KeysAndValues][input];
        let dropout = Drops::of(context, self.dropout, self.id);
        let attention = Attention { dropout, ..self.settings::<Q, KV>() };
        let inputs = Self::inputs(q.shorten(), kv.shorten());
        let (y, sums, dy) = (output.shorten().data(), sums.shorten().data(), d_output.shorten().data());
        let (outcome, Grad { to, write }) = (Outcome { y, sums, dy }, d_input);
        let device = context.device;
        device.attention_backward(attention, queries, memory, inputs, outcome, towards, to.into_data(), write);
    }
}
