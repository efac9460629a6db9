//! Layer normalisation over the last axis.

use crate::Pod;

/// The weights of layer normalisation over rows of `N` features.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LayerNorm<const N: usize> {
    /// The scale of every feature, initially 1.
    pub weight: [f32; N],
    /// The shift of every feature, initially 0.
    pub bias: [f32; N],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const N: usize> Pod for LayerNorm<N> {
    type Element = f32;
}
