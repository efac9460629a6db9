//! Layer scale: a learned factor for every feature or channel.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The factors of `N` features or channels.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Scale<const N: usize> {
    /// The factor of every feature or channel.
    pub weight: [f32; N],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const N: usize> Pod for Scale<N> {
    type Element = f32;
}

/// The settings of a scale.
#[derive(Clone, Copy, Debug)]
pub struct ScaleOp {
    /// The number of consecutive elements that share a factor: 1 for features, the size of a channel for images.
    pub inner: usize,
}

impl ScaleOp {
    /// `output = weight·input`; `[.., N]` → `[.., N]`, or `[N, h, w]` → `[N, h, w]`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, const N: usize>(self, weights: &Scale<N>, input: &S, output: &mut S) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        let size = self.inner.max(1);
        for ((x, y), weight) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)).zip(weights.weight.iter().cycle()) {
            x.iter().zip(y).for_each(|(x, y)| *y = weight * x);
        }
    }
}
