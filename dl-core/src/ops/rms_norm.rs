//! RMS normalisation over the last axis.

use crate::Pod;

/// The weights of RMS normalisation over rows of `N` features.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct RmsNorm<const N: usize> {
    /// The scale of every feature, initially 1.
    pub weight: [f32; N],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const N: usize> Pod for RmsNorm<N> {
    type Element = f32;
}
