//! RMS normalisation over the last axis.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;
use libm::sqrtf;

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

/// The settings of RMS normalisation.
#[derive(Clone, Copy, Debug)]
pub struct RmsNormOp {
    /// The number that is added to the mean square; PyTorch's default is 2⁻²³.
    pub epsilon: f32,
}

impl RmsNormOp {
    /// Normalises every row of `input`: `[.., N]` → `[.., N]`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, weights: &RmsNorm<N>, input: &S, output: &mut S) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        for (x, y) in x.chunks_exact(N.max(1)).zip(y.chunks_exact_mut(N.max(1))) {
            let square = x.iter().map(|x| x * x).sum::<f32>() / N as f32;
            let inverse = 1.0 / sqrtf(square + self.epsilon);
            x.iter().zip(y).zip(&weights.weight).for_each(|((x, y), weight)| *y = x * inverse * weight);
        }
    }
}
