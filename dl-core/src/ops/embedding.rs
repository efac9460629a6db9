//! Embedding: every token selects a row of a table.

use crate::Pod;
use crate::pod::{flat, flat_mut};
use core::slice;

/// The table of an embedding: `F` features for each of `V` tokens.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Embedding<const V: usize, const F: usize> {
    /// One row for every token.
    pub weight: [[f32; F]; V],
}

// SAFETY: `repr(C)` and an array of `f32` only.
unsafe impl<const V: usize, const F: usize> Pod for Embedding<V, F> {
    type Element = f32;
}

/// A sample of tokens, `u32`, `[u32; T]`, …, together with its type after embedding with `F` features.
#[diagnostic::on_unimplemented(message = "`{Self}` is not made of tokens of type `u32`")]
pub trait Tokens<const F: usize>: Pod<Element = u32> {
    /// The same shape with `[f32; F]` in place of each token.
    type Of: Pod<Element = f32>;
}
impl<const F: usize> Tokens<F> for u32 {
    type Of = [f32; F];
}
impl<T: Tokens<F>, const F: usize, const N: usize> Tokens<F> for [T; N] {
    type Of = [T::Of; N];
}

/// An embedding has no settings.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddingOp {}

impl EmbeddingOp {
    /// `output[i] = weight[input[i]]`, `[…]` → `[…, F]`; NaN for a token that is not in the table.
    #[inline(always)]
    pub fn forward<S: Tokens<F>, const V: usize, const F: usize>(
        self,
        weights: &Embedding<V, F>,
        input: &S,
        output: &mut S::Of,
    ) {
        let (tokens, y) = (flat(slice::from_ref(input)), flat_mut(slice::from_mut(output)));
        for (token, y) in tokens.iter().zip(y.chunks_exact_mut(F.max(1))) {
            match weights.weight.get(*token as usize) {
                Some(row) => y.copy_from_slice(row),
                None => y.fill(f32::NAN),
            }
        }
    }
}
