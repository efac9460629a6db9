//! A learned tensor as a value.

use crate::Pod;

/// A learned tensor of type `T`: `Parameter<[[f32; 64]; 8]>`.
#[derive(Clone, Debug, PartialEq)]
#[repr(transparent)]
pub struct Parameter<T> {
    /// The tensor.
    pub weight: T,
}

// SAFETY: `repr(transparent)` over a `Pod` of `f32`.
unsafe impl<T: Pod<Element = f32>> Pod for Parameter<T> {
    type Element = f32;
}
