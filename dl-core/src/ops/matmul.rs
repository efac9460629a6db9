//! The product of two tensors, matrix by matrix over equal leading axes.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a product of two tensors.
#[derive(Clone, Copy, Debug)]
pub struct MatmulOp {
    /// The rows of the first factor and of the product.
    pub m: usize,
    /// The columns of the first factor, and the rows of the second.
    pub k: usize,
    /// The columns of the second factor and of the product.
    pub n: usize,
}

impl MatmulOp {
    /// `output = a·b`, `[…, m, k]`, `[…, k, n]` → `[…, m, n]`.
    #[inline(always)]
    pub fn forward<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(
        self,
        a: &A,
        b: &B,
        output: &mut O,
    ) {
        let [a, b] = [flat(slice::from_ref(a)), flat(slice::from_ref(b))];
        self.multiply(a, b, flat_mut(slice::from_mut(output)));
    }
    fn multiply(self, a: &[f32], b: &[f32], y: &mut [f32]) {
        let MatmulOp { m, k, n } = self;
        y.fill(0.0);
        for ((a, b), y) in
            a.chunks_exact((m * k).max(1)).zip(b.chunks_exact((k * n).max(1))).zip(y.chunks_exact_mut((m * n).max(1)))
        {
            for (a, y) in a.chunks_exact(k.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
                for (a, b) in a.iter().zip(b.chunks_exact(n.max(1))) {
                    y.iter_mut().zip(b).for_each(|(y, b)| *y += a * b);
                }
            }
        }
    }
}
