//! Recurrent layers: whole sequences of constant length, and streams row by row.

mod layer;
mod sizes;
mod weights;

pub use sizes::{Cell, Places, Sizes};
pub use weights::{Direction, Gru, Lstm, Recurrent, Rnn, Weights};

use crate::pod::{flat, flat_mut};
use crate::predict::{Buffer, Zeroed};
use crate::tensor::Rows;
use core::slice;
use layer::Layer;

/// The settings of a stack of recurrent layers; the rest follows from the type of its weights.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentOp {
    /// The cell.
    pub cell: Cell,
    /// The rate of the dropout between layers in training.
    pub dropout: f32,
    /// The number of this operation in the network, for its random numbers in training.
    pub id: u32,
}

/// The state of one layer: what it remembers of a stream.
#[derive(Debug)]
pub struct State<const S: usize, const C: usize> {
    /// The output for the row before.
    pub h: [f32; S],
    /// The cell of an LSTM; `C` is 0 for other layers.
    pub c: [f32; C],
}

impl<const S: usize, const C: usize> Zeroed for State<S, C> {
    const ZERO: Self = State { h: [0.0; S], c: [0.0; C] };
}

impl RecurrentOp {
    /// Runs all layers over a sequence, `[T, I]` → `[T, O]`.
    #[inline(always)]
    pub fn infer<
        X: Rows<I>,
        Y: Rows<O>,
        const I: usize,
        const H: usize,
        const G: usize,
        const O: usize,
        const D: usize,
        const M: usize,
        const B: usize,
        const S: usize,
        const P: usize,
    >(
        self,
        weights: &Recurrent<I, H, G, O, D, M, B, S, P>,
        input: &X,
        output: &mut Y,
    ) {
        let (mut h, mut c, mut row) = ([0.0; S], [0.0; H], [0.0; O]);
        // A second direction reads rows that the first one has replaced already, so that it needs a copy of the layer below.
        let mut below = (D > 1 && M > 0).then_some(Buffer::<Y>::ZERO);
        for index in 0..=M {
            if let Some(below) = &mut below {
                flat_mut(slice::from_mut(below.write::<Y>())).copy_from_slice(flat(slice::from_ref(&*output)));
            }
            let x = match &below {
                _ if index == 0 => Some(flat(slice::from_ref(input))),
                Some(below) => Some(flat(slice::from_ref(below.read::<Y>()))),
                None => None,
            };
            for direction in 0..D {
                h.fill(0.0);
                c.fill(0.0);
                let y = flat_mut(slice::from_mut(output));
                Layer::of(weights, index, direction).along_time(self.cell, direction, x, [&mut h, &mut c, &mut row], y);
            }
        }
    }
    /// Continues a stream by one row, `[I]` → `[O]`.
    #[inline(always)]
    pub fn step<
        const I: usize,
        const H: usize,
        const G: usize,
        const O: usize,
        const M: usize,
        const B: usize,
        const S: usize,
        const P: usize,
        const C: usize,
        const L: usize,
    >(
        self,
        _: u64,
        weights: &Recurrent<I, H, G, O, 1, M, B, S, P>,
        input: &[f32; I],
        state: &mut [State<S, C>; L],
        output: &mut [f32; O],
    ) {
        for index in 0..L {
            let (below, rest) = state.split_at_mut(index);
            let x = below.last().map_or(&input[..], |below| &below.h);
            let State { h, c } = &mut rest[0];
            Layer::of(weights, index, 0).step(self.cell, x, h, c, output);
            h.copy_from_slice(output);
        }
    }
}
