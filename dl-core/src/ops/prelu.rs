//! The parametric ReLU.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

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

/// A parametric ReLU has no settings.
#[derive(Clone, Copy, Debug)]
pub struct PreluOp {}

impl PreluOp {
    /// `output = input` where the input is positive, else `weight·input`; `S` → `S`.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>, const C: usize>(self, weights: &Prelu<C>, input: &S, output: &mut S) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        let size = (S::LEN / C.max(1)).max(1);
        for ((x, y), weight) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)).zip(&weights.weight) {
            x.iter().zip(y).for_each(|(x, y)| *y = if *x > 0.0 { *x } else { weight * x });
        }
    }
}
