//! The dense (fully connected) layer.

use super::parameters::{Parameters, tensors};
use super::{Kernels, Output, Weights, flat};

/// The weights of a dense layer with `I` input features and `O` output features.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Dense<const I: usize, const O: usize> {
    /// See [`Weights::bias`].
    pub bias: [i32; O],
    /// See [`Weights::multiplier`].
    pub multiplier: [i32; O],
    /// See [`Weights::exponent`].
    pub exponent: [i8; O],
    /// The range of the outputs.
    pub output: Output,
    /// One row of `I` weights for every output.
    pub weight: [[i8; I]; O],
}

// SAFETY: integers alone, with these offsets and shapes.
unsafe impl<const I: usize, const O: usize> Parameters for Dense<I, O> {
    tensors! { bias: I32 [O], multiplier: I32 [O], exponent: I8 [O], output: I8 [3], weight: I8 [O, I] }
}

/// A dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseOp {
    /// The number of output features.
    pub outputs: usize,
}

impl DenseOp {
    /// Computes `y = f(W·x + b)` for one row of features, or for each of several.
    pub fn infer<const I: usize, const O: usize>(
        self,
        kernels: impl Kernels,
        weights: &Dense<I, O>,
        x: &[i8],
        y: &mut [i8],
    ) {
        let Dense { bias, multiplier, exponent, output, weight } = weights;
        // The zero point is in the bias.
        let (input_zero_point, output, weight) = (0, *output, flat(weight));
        let weights = Weights { weight, bias, multiplier, exponent, input_zero_point, output };
        x.chunks_exact(I).zip(y.chunks_exact_mut(O)).for_each(|(x, y)| dense(kernels, weights, x, y));
    }
}

/// Computes `y[o] = f(Σᵢ weight[o, i]·x[i])`, where `f` is the bias, the factor and the range of output `o`.
pub fn dense(kernels: impl Kernels, weights: Weights<'_>, x: &[i8], y: &mut [i8]) {
    let row = |o: usize| weights.row(o, x.len());
    for (pair, y) in y.chunks_mut(2).enumerate() {
        // The last output may be alone, and then takes the place of two.
        let (first, last) = (2 * pair, 2 * pair + y.len() - 1);
        let sums = kernels.products([row(first), row(last)], x);
        y.iter_mut().zip(sums).enumerate().for_each(|(i, (y, sum))| *y = weights.output(first + i, sum));
    }
}
