//! Reversal of a sequence.

use crate::pod::{flat, flat_mut};
use crate::tensor::Rows;
use core::slice;

/// A reversal has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ReverseOp {}

impl ReverseOp {
    /// `output[t] = input[T - 1 - t]`, `[T, N]` → `[T, N]`.
    #[inline(always)]
    pub fn forward<S: Rows<N>, const N: usize>(self, input: &S, output: &mut S) {
        let rows = flat(slice::from_ref(input)).chunks_exact(N.max(1)).rev();
        let outputs = flat_mut(slice::from_mut(output)).chunks_exact_mut(N.max(1));
        outputs.zip(rows).for_each(|(y, x)| y.copy_from_slice(x));
    }
}
