//! Scaled dot-product attention over packed rows: for every head, `y = softmax(q·kᵀ/√n)·v`, where `n` is the size of a head.
//!
//! Sources: Vaswani et al., "Attention is all you need", NeurIPS 2017; tiles, and the gradient without stored probabilities: Dao, Fu,
//! Ermon, Rudra, Ré, "FlashAttention", NeurIPS 2022; fewer heads of keys: Ainslie et al., "GQA", EMNLP 2023; linear biases: Press, Smith,
//! Lewis, "Train short, test long", ICLR 2022.
//!
//! A row holds its heads side by side. [`AttentionOp`] takes rows `[queries | keys | values]` of one sequence, and
//! [`CrossAttentionOp`] queries of one sequence and `[keys | values]` of another. Query head `h` reads the head `h / (heads / kv_heads)`
//! of keys and values. The scores of a tile of queries and keys are computed, used and forgotten; no matrix of rows by rows is ever
//! whole in memory. The forward pass saves `m + ln Σ exp(s - m)` of the scores of every row and head, from which the backward pass
//! computes the probabilities again. A row that may see nothing gives zeros, and has no gradient.

mod cpu;
mod cross;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use cross::CrossAttentionOp;
pub use dl_core::ops::attention::Projections;

use crate::ops::Device;
use crate::tensor::{Grad, Rows, Sequences, Storage, Streams, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of attention of a sequence to itself.
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

/// The settings of one call, as kernels take them.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// The number of heads of queries.
    pub heads: usize,
    /// The number of heads of keys and values.
    pub kv_heads: usize,
    /// The number of features of a head.
    pub head_dim: usize,
    /// The rows that a query sees.
    pub sight: Sight,
    /// True if scores are lowered by the distance.
    pub alibi: bool,
    /// The probabilities that are dropped.
    pub dropout: Option<Drops>,
}

/// The rows that a query sees.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// True if it sees itself and the rows before it, and not those after it.
    pub causal: bool,
    /// The number of rows that it sees at most, up to itself; 0 for any number.
    pub window: usize,
}

/// The random choice of probabilities that become zero.
#[derive(Clone, Copy, Debug)]
pub struct Drops {
    /// The seed of the pass.
    pub seed: u64,
    /// The number of the operation.
    pub id: u32,
    /// The smallest word whose probability is kept.
    pub threshold: u32,
    /// The factor of those that are kept.
    pub scale: f32,
}

/// The rows that attention reads.
pub struct Inputs<'a, D: Storage> {
    /// The rows that contain the queries.
    pub q: Columns<'a, D>,
    /// The rows that contain the keys.
    pub k: Columns<'a, D>,
    /// The rows that contain the values.
    pub v: Columns<'a, D>,
}

/// Some columns of rows.
pub struct Columns<'a, D: Storage> {
    /// The rows.
    pub data: D::Ref<'a, f32>,
    /// The length of a row.
    pub row: usize,
    /// The first column.
    pub first: usize,
}

/// The results of the forward pass, and the gradient to the output.
pub struct Outcome<'a, D: Storage> {
    /// The output.
    pub y: D::Ref<'a, f32>,
    /// The logarithms of the sums, `[rows, heads]`.
    pub sums: D::Ref<'a, f32>,
    /// The gradient to the output.
    pub dy: D::Ref<'a, f32>,
}

/// The gradients that a call computes, which are the columns of the rows that it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// Rows `[queries | keys | values]`.
    All,
    /// Rows of queries.
    Queries,
    /// Rows `[keys | values]`.
    KeysAndValues,
}

/// The kernels of attention.
pub trait AttentionKernel: Storage {
    /// Computes `y` for the sequences of queries, and those of keys and values; and, unless they are not wanted, the logarithms of
    /// the sums, `[rows, heads]`.
    fn attention_forward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Self>,
        keys: Sequences<'_, Self>,
        inputs: Inputs<'_, Self>,
        y: Self::Mut<'_, f32>,
        sums: Option<Self::Mut<'_, f32>>,
    );
    /// Computes `y` for new rows of streams, whose keys are those of earlier steps in `state` and then their own; and adds their own to
    /// the state. That of one stream is `[kv_heads, slots, 2·head_dim]`: the keys and values of position `t` are in slot `t % slots`.
    fn attention_step(
        &self,
        attention: Attention,
        rows: Sequences<'_, Self>,
        streams: Streams<'_, Self>,
        inputs: Inputs<'_, Self>,
        state: Self::Mut<'_, f32>,
        y: Self::Mut<'_, f32>,
    );
    /// Computes the gradients `towards` to the rows `d`.
    #[allow(clippy::too_many_arguments, reason = "those of both sequences")]
    fn attention_backward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Self>,
        keys: Sequences<'_, Self>,
        inputs: Inputs<'_, Self>,
        outcome: Outcome<'_, Self>,
        towards: Towards,
        d: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl<D: Storage> Clone for Inputs<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Inputs<'_, D> {}
impl<D: Storage> Clone for Columns<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Columns<'_, D> {}
impl<D: Storage> Clone for Outcome<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Outcome<'_, D> {}

impl Attention {
    /// Returns the number of columns of queries, and of the output.
    pub fn query_columns(self) -> usize {
        self.heads * self.head_dim
    }
    /// Returns the number of columns of keys, and of values.
    pub fn key_columns(self) -> usize {
        self.kv_heads * self.head_dim
    }
    /// Returns the length of the rows of gradients `towards`.
    pub fn row(self, towards: Towards) -> usize {
        match towards {
            Towards::All => self.query_columns() + 2 * self.key_columns(),
            Towards::Queries => self.query_columns(),
            Towards::KeysAndValues => 2 * self.key_columns(),
        }
    }
    /// Returns the number of rows that the state of a stream has place for: as many as a window is long, or else the capacity.
    pub fn slots(self, capacity: usize) -> usize {
        if self.sight.window > 0 { self.sight.window.min(capacity) } else { capacity }
    }
    /// Returns the factor of the products of queries and keys.
    pub fn scale(self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }
    /// Returns how much the scores of head `head` are lowered for each row of distance.
    pub fn slope(self, head: usize) -> f32 {
        if self.alibi { dl_core::ops::attention::slope(head, self.heads) } else { 0.0 }
    }
}

impl Drops {
    /// Returns the choice of the pass; `None` without dropout.
    fn of<D: Storage>(context: &Context<'_, D>, rate: f32, id: u32) -> Option<Self> {
        let threshold = (f64::from(rate) * 4_294_967_296.0).min(f64::from(u32::MAX)) as u32;
        let scale = if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 };
        (rate > 0.0).then_some(Drops { seed: context.seed, id, threshold, scale })
    }
}

impl<'a, D: Storage> Inputs<'a, D> {
    /// Shortens the lifetime.
    pub fn shorten<'short>(self) -> Inputs<'short, D>
    where
        'a: 'short,
    {
        let [q, k, v] =
            [self.q, self.k, self.v].map(|Columns { data, row, first }| Columns { data: D::shorten(data), row, first });
        Inputs { q, k, v }
    }
    /// Returns the parts of rows `[queries | keys | values]`.
    fn of_one(attention: Attention, rows: D::Ref<'a, f32>) -> Self {
        let (queries, keys) = (attention.query_columns(), attention.key_columns());
        let columns = |first| Columns { data: rows, row: queries + 2 * keys, first };
        let [q, k, v] = [0, queries, queries + keys].map(columns);
        Inputs { q, k, v }
    }
}

impl AttentionOp {
    /// Returns the settings of a call that drops nothing, after checking the lengths of the rows that it reads and writes.
    fn settings<S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(self) -> Attention {
        let AttentionOp { heads, kv_heads, head_dim, causal, window, alibi, .. } = self;
        let attention = Attention { heads, kv_heads, head_dim, sight: Sight { causal, window }, alibi, dropout: None };
        assert!(kv_heads > 0 && heads.is_multiple_of(kv_heads), "heads of queries for each head of keys");
        let fit = (N, M) == (attention.query_columns() + 2 * attention.key_columns(), attention.query_columns());
        assert!(fit && S::LEN / N == Y::LEN / M, "rows of {N} and {M} numbers for {self:?}");
        attention
    }
    /// `output = softmax(q·kᵀ/√n)·v` for rows `[q | k | v]`, with dropout on the probabilities.
    pub fn forward<D, S, Y, L, const N: usize, const M: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        rows: View<D, S>,
        output: ViewMut<D, Y>,
        sums: ViewMut<D, L>,
    ) where
        D: Device,
        S: Rows<N>,
        Y: Rows<M>,
        L: Pod<Element = f32>,
    {
        let dropout = Drops::of(context, self.dropout, self.id);
        let attention = Attention { dropout, ..self.settings::<S, Y, N, M>() };
        let inputs = Inputs::of_one(attention, rows.data());
        context.device.attention_forward(
            attention,
            sequences,
            sequences,
            inputs,
            output.into_data(),
            Some(sums.into_data()),
        );
    }
    /// Does the same without dropout, and saves nothing.
    pub fn infer<D: Device, S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        rows: View<D, S>,
        output: ViewMut<D, Y>,
    ) {
        let attention = self.settings::<S, Y, N, M>();
        let inputs = Inputs::of_one(attention, rows.data());
        context.device.attention_forward(attention, sequences, sequences, inputs, output.into_data(), None);
    }
    /// Computes the output for new rows of streams, which see those of earlier steps, too. It must be causal.
    pub fn step<D: Device, S: Rows<N>, Y: Rows<M>, const N: usize, const M: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        streams: Streams<D>,
        rows: View<D, S>,
        state: D::Mut<'_, f32>,
        output: ViewMut<D, Y>,
    ) {
        assert!(self.causal, "a step looks back");
        let attention = self.settings::<S, Y, N, M>();
        let inputs = Inputs::of_one(attention, rows.data());
        context.device.attention_step(attention, sequences, streams, inputs, state, output.into_data());
    }
    /// Returns the floats of the state of one stream with place for `capacity` rows.
    pub fn state_len(self, capacity: usize) -> usize {
        let rows = if self.window > 0 { self.window.min(capacity) } else { capacity };
        2 * rows * self.kv_heads * self.head_dim
    }
    /// Computes the gradient to the rows `[q | k | v]`.
    #[allow(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<D, S, Y, L, const N: usize, const M: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        rows: View<D, S>,
        output: View<D, Y>,
        sums: View<D, L>,
        d_output: View<D, Y>,
        d_rows: Grad<D, S>,
    ) where
        D: Device,
        S: Rows<N>,
        Y: Rows<M>,
        L: Pod<Element = f32>,
    {
        let dropout = Drops::of(context, self.dropout, self.id);
        let attention = Attention { dropout, ..self.settings::<S, Y, N, M>() };
        let inputs = Inputs::of_one(attention, rows.data());
        let (y, sums, dy) = (output.shorten().data(), sums.shorten().data(), d_output.shorten().data());
        let (outcome, Grad { to, write }) = (Outcome { y, sums, dy }, d_rows);
        let device = context.device;
        device.attention_backward(
            attention,
            sequences,
            sequences,
            inputs,
            outcome,
            Towards::All,
            to.into_data(),
            write,
        );
    }
}
