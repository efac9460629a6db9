//! Recurrent layers: `rnn`, `lstm` and `gru`, PyTorch's `RNN`, `LSTM` and `GRU` with their names and layouts of weights.
//!
//! A cell turns a row `x` of a sequence and the state `h` of the row before into the state of this row, which is the output. With
//! `a = W_ih·x + b_ih` and `b = W_hh·h + b_hh`, cut into parts of `H` numbers for the gates, the cells compute (products of gates are
//! elementwise):
//!
//! ```text
//! RNN    h' = tanh(a + b), or relu
//! LSTM   i, f, o = σ(a + b)    g = tanh(a + b)    c' = f·c + i·g    h' = o·tanh(c')        the rows of W are i, f, g, o
//! GRU    r, z = σ(a + b)       n = tanh(aₙ + r·bₙ)                  h' = (1 - z)·n + z·h    the rows of W are r, z, n
//! ```
//!
//! Before the first row, `h` and `c` are zero, unless a state is carried from earlier rows. Sources: Elman, "Finding structure in time",
//! 1990; Hochreiter, Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers, Schmidhuber, Cummins, 2000; Cho et al.,
//! "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, with the reset gate after the product, as cuDNN has it. The
//! projection of an LSTM, `h' = W_hr·(o·tanh(c'))`, is of Sak, Senior, Beaufays, "Long short-term memory recurrent neural network
//! architectures for large scale acoustic modeling", 2014.
//!
//! A layer may have a second direction, which goes from the last row to the first; the outputs of both lie side by side in each row.
//! Layers are stacked: each takes the output of the one before, to which dropout is applied in training.
//!
//! **How it is computed.** Only `W_hh·h` has to wait for the row before. So the products with `W_ih` of all rows of a batch are one
//! matrix product (`layers.rs`), and a device goes along time with the others ([`RecurrentKernel`]): step by step over the samples
//! that are that long, so that no time is spent on padding. Backward, it goes back along time for the gradients to `a` and `b` of
//! every row, from which matrix products over all rows compute the gradients to the weights and to the input.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod layers;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::recurrent::{Cell, Direction, Gru, Lstm, Recurrent, Rnn, Sizes, Weights};

use crate::ops::Device;
use crate::tensor::{Grad, InitialStates, Rows, Sequences, States, Storage, Streams};
use crate::{Context, Pod, View, ViewMut};
use layers::Layers;

/// The settings of a stack of recurrent layers; the rest follows from the type of its weights.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentOp {
    /// The cell.
    pub cell: Cell,
    /// The probability that an element of the input of a further layer becomes zero in training.
    pub dropout: f32,
    /// The number of this operation in the network, for its random numbers.
    pub id: u32,
}

/// One direction of one layer on its way along time.
pub struct Run<'a, D: Storage> {
    /// The cell.
    pub cell: Cell,
    /// The number of hidden features, `H`: those of each gate.
    pub hidden: usize,
    /// The number of features of `h`: `H`, or those of the projection.
    pub state: usize,
    /// The number of features of a row of the output, for both directions together.
    pub width: usize,
    /// The features of a row of the output that belong to this direction begin here.
    pub column: usize,
    /// True if it goes from the last row to the first.
    pub reversed: bool,
    /// The sequences of the batch.
    pub sequences: Sequences<'a, D>,
}

impl<D: Storage> Clone for Run<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Run<'_, D> {}

impl<D: Storage> Run<'_, D> {
    /// Returns the number of rows of `W_ih` and `W_hh`.
    pub fn gates(&self) -> usize {
        self.cell.gates() * self.hidden
    }
}

/// The weights of one direction of one layer on a device; the biases and the projection are empty where there are none.
pub struct Parts<'a, D: Storage> {
    /// `W_ih`, `[gates, inputs]`.
    pub weight_ih: D::Ref<'a, f32>,
    /// `W_hh`, `[gates, state]`.
    pub weight_hh: D::Ref<'a, f32>,
    /// `b_ih`, `[gates]`.
    pub bias_ih: D::Ref<'a, f32>,
    /// `b_hh`, `[gates]`.
    pub bias_hh: D::Ref<'a, f32>,
    /// `W_hr`, `[state, hidden]`.
    pub weight_hr: D::Ref<'a, f32>,
}

impl<D: Storage> Clone for Parts<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Parts<'_, D> {}

/// The results of the way back along time for every row; each is `[rows, …]`.
pub struct Backward<'a, D: Storage> {
    /// The gradient to `a`, `[gates]`.
    pub d_input_side: D::Mut<'a, f32>,
    /// The gradient to `b`, `[gates]`; empty where it is the gradient to `a`.
    pub d_hidden_side: D::Mut<'a, f32>,
    /// The `h` of the row before, `[state]`.
    pub before: D::Mut<'a, f32>,
    /// With a projection: what it is applied to, `[hidden]`, and the gradient to its result, `[state]`. Empty without.
    pub projected: [D::Mut<'a, f32>; 2],
}

/// The kernels of recurrent layers.
pub trait RecurrentKernel: Storage {
    /// Goes along time. `gates` holds `a` of every row, and then the values of the gates, which the way back reads. `kept`, which
    /// may be empty, gets what else that reads ([`Cell::kept`]). `y` gets the states `h`, in the columns of the direction.
    /// Without `states`, they begin at zero.
    fn recurrent_forward(
        &self,
        run: Run<'_, Self>,
        weights: Parts<'_, Self>,
        gates: Self::Mut<'_, f32>,
        kept: Self::Mut<'_, f32>,
        y: Self::Mut<'_, f32>,
        states: Option<States<'_, Self>>,
    );
    /// Goes back along time, from the gradient `dy` to the output. Without `initial`, the states began at zero.
    #[expect(clippy::too_many_arguments, reason = "what the way along time read and wrote, and the gradients")]
    fn recurrent_backward(
        &self,
        run: Run<'_, Self>,
        weights: Parts<'_, Self>,
        gates: Self::Ref<'_, f32>,
        kept: Self::Ref<'_, f32>,
        y: Self::Ref<'_, f32>,
        dy: Self::Ref<'_, f32>,
        initial: Option<InitialStates<'_, Self>>,
        to: Backward<'_, Self>,
    );
}

impl RecurrentOp {
    /// Runs all layers over sequences, `[T, I]` → `[T, O]`, and keeps in `saved` what the backward pass reads:
    /// [`Sizes::saved`] numbers for each row. Without `carried`, the states begin at zero.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn forward<D: Device, W: Weights<I, O>, X: Rows<I>, Y: Rows<O>, V, const I: usize, const O: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        carried: Option<States<D>>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
        saved: ViewMut<D, V>,
    ) where
        V: Pod<Element = f32>,
    {
        let layers = Layers { op: self, sizes: W::SIZES, context, sequences, weights: weights.data() };
        layers.forward(input.data(), output.into_data(), saved.into_data(), carried, None);
    }
    /// Computes the output and `saved` of [`RecurrentOp::forward`] again; `carried` are the states from which it started. Those after the
    /// last rows are dropped.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn forward_again<D: Device, W: Weights<I, O>, X: Rows<I>, Y: Rows<O>, V, const I: usize, const O: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        carried: Option<InitialStates<D>>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
        saved: ViewMut<D, V>,
    ) where
        V: Pod<Element = f32>,
    {
        let layers = Layers { op: self, sizes: W::SIZES, context, sequences, weights: weights.data() };
        layers.forward(input.data(), output.into_data(), saved.into_data(), None, carried);
    }
    /// Runs all layers over sequences, `[T, I]` → `[T, O]`, without dropout.
    pub fn infer<D: Device, W: Weights<I, O>, X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        weights: View<D, W>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        let layers = Layers { op: self, sizes: W::SIZES, context, sequences, weights: weights.data() };
        layers.infer(input.data(), output.into_data(), None);
    }
    /// Continues streams by the rows of `sequences`; `state` has [`RecurrentOp::state_len`] numbers for each stream, which are zero
    /// before the first row.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn step<D: Device, W: Weights<I, O>, X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        _: Streams<D>,
        weights: View<D, W>,
        input: View<D, X>,
        state: D::Mut<'_, f32>,
        output: ViewMut<D, Y>,
    ) {
        let layers = Layers { op: self, sizes: W::SIZES, context, sequences, weights: weights.data() };
        let states = States::new(state, self.state_len::<W, I, O>());
        layers.infer(input.data(), output.into_data(), Some(states));
    }
    /// Returns the number of floats of the state of one stream or sample: `h` of every layer, each followed by `c` if the cell has one.
    pub const fn state_len<W: Weights<I, O>, const I: usize, const O: usize>(self) -> usize {
        W::SIZES.layers * self.cell.state(&W::SIZES)
    }
    /// Computes the gradients to the weights and, unless `None`, to the input; `carried` are the states from which the forward pass
    /// started, to which none flows.
    #[expect(clippy::too_many_arguments, reason = "the convention of operations")]
    pub fn backward<D: Device, W: Weights<I, O>, X: Rows<I>, Y: Rows<O>, V, const I: usize, const O: usize>(
        self,
        context: &Context<D>,
        sequences: Sequences<D>,
        carried: Option<InitialStates<D>>,
        weights: View<D, W>,
        input: View<D, X>,
        output: View<D, Y>,
        saved: View<D, V>,
        d_output: View<D, Y>,
        d_weights: Grad<D, W>,
        d_input: Option<Grad<D, X>>,
    ) where
        V: Pod<Element = f32>,
    {
        let layers = Layers { op: self, sizes: W::SIZES, context, sequences, weights: weights.data() };
        let d_input = d_input.map(|d| (d.to.into_data(), d.write));
        let d_weights = (d_weights.to.into_data(), d_weights.write);
        layers.backward(input.data(), output.data(), saved.data(), d_output.data(), carried, d_weights, d_input);
    }
}
