//! The parametric ReLU.

use crate::Pod;

/// The weights of a parametric ReLU: one for each of `C` channels, or 1.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Prelu<const C: usize> {
    /// The slope for negative numbers.
    pub weight: [f32; C],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const C: usize> Pod for Prelu<C> {
    type Element = f32;
}
