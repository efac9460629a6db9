//! A dense layer with a low-rank update.

use crate::Pod;

/// The weights of a dense layer with `I` input features and `O` output features, and of an update of rank `R`; `B` is `O`, or 0 without a
/// bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LoraDense<const I: usize, const O: usize, const R: usize, const B: usize = O> {
    /// One row of `I` weights for every output.
    pub weight: [[f32; I]; O],
    /// The bias of every output.
    pub bias: [f32; B],
    /// The first factor of the update, `A`, which is applied to the input.
    pub lora_a: [[f32; I]; R],
    /// The second factor of the update, `B`, initially zero.
    pub lora_b: [[f32; R]; O],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const O: usize, const R: usize, const B: usize> Pod for LoraDense<I, O, R, B> {
    type Element = f32;
}
