//! Group normalisation.

use crate::Pod;

/// The weights of group normalisation of `C` channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct GroupNorm<const C: usize> {
    /// The scale of every channel, initially 1.
    pub weight: [f32; C],
    /// The shift of every channel, initially 0.
    pub bias: [f32; C],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const C: usize> Pod for GroupNorm<C> {
    type Element = f32;
}
