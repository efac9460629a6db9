//! Rows of length 1.

use super::dense::dot;
use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;
use libm::sqrtf;

/// The settings of L2 normalisation.
#[derive(Clone, Copy, Debug)]
pub struct L2NormalizeOp {
    /// The length of a row: the size of the last axis.
    pub n: usize,
    /// The smallest divisor; PyTorch's default is 1e-12.
    pub epsilon: f32,
}

impl L2NormalizeOp {
    /// `output = input/max(‖input‖, ε)` for every row.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>>(self, input: &S, output: &mut S) {
        normalize(self, flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
    }
}

fn normalize(op: L2NormalizeOp, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(op.n.max(1)).zip(y.chunks_exact_mut(op.n.max(1))) {
        let norm = sqrtf(dot(x, x));
        // The comparison is false for NaN, so that NaN stays NaN.
        let divisor = if norm < op.epsilon { op.epsilon } else { norm };
        x.iter().zip(y).for_each(|(x, y)| *y = x / divisor);
    }
}
