//! A learned tensor as a value.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

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

/// A parameter has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ParameterOp {}

impl ParameterOp {
    /// `output = weight`.
    #[inline(always)]
    pub fn forward<T: Pod<Element = f32>>(self, weights: &Parameter<T>, output: &mut T) {
        flat_mut(slice::from_mut(output)).copy_from_slice(flat(slice::from_ref(&weights.weight)));
    }
}
