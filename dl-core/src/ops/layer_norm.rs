//! Layer normalisation over the last axis.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;
use libm::sqrtf;

/// The weights of layer normalisation over rows of `N` features.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct LayerNorm<const N: usize> {
    /// The scale of every feature, initially 1.
    pub weight: [f32; N],
    /// The shift of every feature, initially 0.
    pub bias: [f32; N],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const N: usize> Pod for LayerNorm<N> {
    type Element = f32;
}

/// The settings of layer normalisation.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormOp {
    /// The number that is added to the variance; PyTorch's default is 1e-5.
    pub epsilon: f32,
}

impl LayerNormOp {
    /// Normalises every row of `input`: `[.., N]` → `[.., N]`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, weights: &LayerNorm<N>, input: &S, output: &mut S) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        for (x, y) in x.chunks_exact(N.max(1)).zip(y.chunks_exact_mut(N.max(1))) {
            let (mean, inverse) = moments(x, self.epsilon);
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                *y = (x - mean) * (weights.weight[i] * inverse) + weights.bias[i];
            }
        }
    }
}

/// Returns the mean, and one over the standard deviation.
pub(super) fn moments(x: &[f32], epsilon: f32) -> (f32, f32) {
    let mean = x.iter().sum::<f32>() / x.len() as f32;
    let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / x.len() as f32;
    (mean, 1.0 / sqrtf(variance + epsilon))
}
