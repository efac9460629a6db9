//! Concatenation of several inputs along an axis.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a concatenation, which is called once for every input, with the input's index.
#[derive(Clone, Copy, Debug)]
pub struct ConcatOp {
    /// The product of the dimensions before the axis.
    pub outer: usize,
    /// The size of each input along the axis.
    pub parts: &'static [usize],
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

impl ConcatOp {
    /// Copies input `k`, `[outer, parts[k], inner]`, to its place in the output, `[outer, Σ parts, inner]`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, O: Pod<Element = f32>>(self, k: usize, input: &S, output: &mut O) {
        let before: usize = self.parts[..k].iter().sum();
        let all: usize = self.parts.iter().sum();
        let to = Strided { start: before * self.inner, stride: all * self.inner };
        let len = self.parts[k] * self.inner;
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        copy(len, Strided { start: 0, stride: len }, x, to, y);
    }
}

/// A range of every row: it begins at `start` in rows of `stride` elements.
#[derive(Clone, Copy)]
pub(super) struct Strided {
    pub start: usize,
    pub stride: usize,
}

/// Copies a range of `len` elements of every row of `x` to the range in `y`.
pub(super) fn copy(len: usize, from: Strided, x: &[f32], to: Strided, y: &mut [f32]) {
    for (x, y) in x.chunks_exact(from.stride.max(1)).zip(y.chunks_exact_mut(to.stride.max(1))) {
        y[to.start..to.start + len].copy_from_slice(&x[from.start..from.start + len]);
    }
}
