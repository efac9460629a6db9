//! A part of a tensor along one axis.

use super::concat::{Strided, copy};
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceOp {
    /// The size of the input along the axis.
    pub size: usize,
    /// The first index of the slice.
    pub from: usize,
    /// The first index after the slice.
    pub to: usize,
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

impl SliceOp {
    /// `output = input[.., from..to, ..]`, `[outer, size, inner]` → `[outer, to - from, inner]`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = f32>>(self, input: &S, output: &mut O) {
        let len = (self.to - self.from) * self.inner;
        let from = Strided { start: self.from * self.inner, stride: self.size * self.inner };
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        copy(len, from, x, Strided { start: 0, stride: len }, y);
    }
}
