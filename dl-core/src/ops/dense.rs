//! Weights and inference of the dense layer `y = f(W·x + b)`.

use crate::Pod;
use crate::ops::Activation;
use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;

/// The weights of a dense layer with `I` input features and `O` output features; `B` is `O`, or 0 without a bias.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Dense<const I: usize, const O: usize, const B: usize = O> {
    /// One row of `I` weights for every output.
    pub weight: [[f32; I]; O],
    /// The bias of every output.
    pub bias: [f32; B],
}

// SAFETY: `repr(C)` and arrays of `f32` only.
unsafe impl<const I: usize, const O: usize, const B: usize> Pod for Dense<I, O, B> {
    type Element = f32;
}

/// The settings of a dense layer.
#[derive(Clone, Copy, Debug)]
pub struct DenseOp {
    /// The activation, which is applied to the sums.
    pub activation: Activation,
}

impl DenseOp {
    /// `output = f(W·input + b)`, `[I]` → `[O]`, or `[…, I]` → `[…, O]` for every row.
    #[inline(always)]
    pub fn forward<X: Rows<I>, Y: Rows<O>, const I: usize, const O: usize, const B: usize>(
        self,
        weights: &Dense<I, O, B>,
        input: &X,
        output: &mut Y,
    ) {
        let (x, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        dense(flat(&weights.weight), &weights.bias, x, y, I, O);
        self.activation.apply(y);
    }
}

/// `y = W·x + b` for every row of `x`; `bias` is empty when the layer has none.
pub fn dense(weight: &[f32], bias: &[f32], x: &[f32], y: &mut [f32], inputs: usize, outputs: usize) {
    for (x, y) in x.chunks_exact(inputs.max(1)).zip(y.chunks_exact_mut(outputs.max(1))) {
        for (o, (y, weight)) in y.iter_mut().zip(weight.chunks_exact(inputs.max(1))).enumerate() {
            *y = bias.get(o).copied().unwrap_or(0.0) + dot(weight, x);
        }
    }
}

/// Returns `Σ a·b`, in four sums that compilers lay side by side in vectors.
#[inline]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
