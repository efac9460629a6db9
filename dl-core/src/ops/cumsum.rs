//! Cumulative sums along an axis.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The settings of a cumulative sum.
#[derive(Clone, Copy, Debug)]
pub struct CumsumOp {
    /// The size of the axis.
    pub size: usize,
    /// The product of the dimensions after the axis.
    pub inner: usize,
}

impl CumsumOp {
    /// `output[i] = input[0] + … + input[i]` along the axis; the shape stays.
    #[inline(always)]
    pub fn forward<S: Pod<Element = f32>>(self, input: &S, output: &mut S) {
        let y = flat_mut(slice::from_mut(output));
        y.copy_from_slice(flat(slice::from_ref(input)));
        for y in y.chunks_exact_mut((self.size * self.inner).max(1)) {
            for i in self.inner..y.len() {
                y[i] += y[i - self.inner];
            }
        }
    }
}
