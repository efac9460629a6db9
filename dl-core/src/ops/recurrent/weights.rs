//! The weights of recurrent layers, whose type tells all sizes.

use super::Sizes;
use crate::Pod;

/// One direction of one layer: `I` inputs, `H` hidden features, `G` rows for all gates, `S` features of the state. `B` is `G`, or 0
/// without biases; `P` is `S` with a projection, else 0.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Direction<const I: usize, const H: usize, const G: usize, const B: usize, const S: usize, const P: usize> {
    /// The weights of the input, for each gate in turn.
    pub weight_ih: [[f32; I]; G],
    /// The weights of the state of the row before.
    pub weight_hh: [[f32; S]; G],
    /// The bias beside the input.
    pub bias_ih: [f32; B],
    /// The bias beside the state.
    pub bias_hh: [f32; B],
    /// The projection.
    pub weight_hr: [[f32; H]; P],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const H: usize, const G: usize, const B: usize, const S: usize, const P: usize> Pod
    for Direction<I, H, G, B, S, P>
{
    type Element = f32;
}

/// A stack of recurrent layers from `I` features to `O`.
///
/// `H` is the number of hidden features, and `G` that of rows for all gates: `4·H` for [`Lstm`], `3·H` for [`Gru`], `H` for [`Rnn`].
/// There are `D` directions, and `M` layers after the first. `B`, `S` and `P` are those of [`Direction`], and `O` is `D·S`.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Recurrent<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize = H,
    const D: usize = 1,
    const M: usize = 0,
    const B: usize = G,
    const S: usize = H,
    const P: usize = 0,
> {
    /// The first layer: forward in time, then backward.
    pub first: [Direction<I, H, G, B, S, P>; D],
    /// The other layers.
    pub others: [[Direction<O, H, G, B, S, P>; D]; M],
}

/// Long short-term memory; see [`Recurrent`].
pub type Lstm<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize = H,
    const D: usize = 1,
    const M: usize = 0,
    const B: usize = G,
    const S: usize = H,
    const P: usize = 0,
> = Recurrent<I, H, G, O, D, M, B, S, P>;

/// Gated recurrent units; see [`Recurrent`].
pub type Gru<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize = H,
    const D: usize = 1,
    const M: usize = 0,
    const B: usize = G,
> = Recurrent<I, H, G, O, D, M, B, H, 0>;

/// Plain recurrent layers; see [`Recurrent`].
pub type Rnn<
    const I: usize,
    const H: usize,
    const G: usize = H,
    const O: usize = H,
    const D: usize = 1,
    const M: usize = 0,
    const B: usize = G,
> = Recurrent<I, H, G, O, D, M, B, H, 0>;

/// The weights of a stack of recurrent layers from `I` features to `O`.
pub trait Weights<const I: usize, const O: usize>: Pod<Element = f32> {
    /// The sizes of the stack.
    const SIZES: Sizes;
}

impl<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize,
    const D: usize,
    const M: usize,
    const B: usize,
    const S: usize,
    const P: usize,
> Weights<I, O> for Recurrent<I, H, G, O, D, M, B, S, P>
{
    const SIZES: Sizes = {
        assert!(O == D * S && (D == 1 || D == 2), "the directions lie side by side in the output");
        assert!((B == G || B == 0) && (P == S || P == 0), "biases and projection are whole or absent");
        assert!(P > 0 || S == H, "the state has the hidden features without a projection");
        Sizes { inputs: I, hidden: H, gates: G, state: S, directions: D, layers: M + 1, bias: B > 0, projection: P > 0 }
    };
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<
    const I: usize,
    const H: usize,
    const G: usize,
    const O: usize,
    const D: usize,
    const M: usize,
    const B: usize,
    const S: usize,
    const P: usize,
> Pod for Recurrent<I, H, G, O, D, M, B, S, P>
{
    type Element = f32;
}
