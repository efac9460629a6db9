//! Weights and inference of the dense layer `y = f(W·x + b)`.

use crate::Pod;

/// The weights of a dense layer with `I` input features and `O` output features; `B` is `O`, or 0 without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Dense<const I: usize, const O: usize, const B: usize = O> {
    /// One row of `I` weights for every output.
    pub weight: [[f32; I]; O],
    /// The bias of every output.
    pub bias: [f32; B],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const O: usize, const B: usize> Pod for Dense<I, O, B> {
    type Element = f32;
}
