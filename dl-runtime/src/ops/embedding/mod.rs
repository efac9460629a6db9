//! Embedding: every token selects a row of a table, `[…]` → `[…, features]`, as PyTorch's `Embedding`. The gradient to
//! a row is the sum over the positions of its token.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::init::{Init, Rng};
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, Pod, View, ViewMut};

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

impl<const V: usize, const F: usize> Embedding<V, F> {
    /// Draws the table; PyTorch's rule is a normal distribution with standard deviation 1.
    pub fn init(&mut self, weight: Init, rng: &mut Rng) {
        weight.fill(crate::tensor::pod::flat_mut(&mut self.weight), V, F, rng);
    }
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

/// The kernels of embeddings; the size of the vocabulary follows from the length of the table.
pub trait EmbeddingKernel: Storage {
    /// Copies the row of each token to `y`, `features` numbers each; NaN for a token that is not in the table.
    fn embedding_forward(
        &self,
        features: usize,
        weight: Self::Ref<'_, f32>,
        tokens: Self::Ref<'_, u32>,
        y: Self::Mut<'_, f32>,
    );
    /// `d_weight[token] = Σ dy`; tokens that are not in the table are skipped.
    fn embedding_backward(
        &self,
        features: usize,
        tokens: Self::Ref<'_, u32>,
        dy: Self::Ref<'_, f32>,
        d_weight: Self::Mut<'_, f32>,
        write: Write,
    );
}

impl EmbeddingOp {
    /// `output[i] = weight[input[i]]`, `[…]` → `[…, F]`.
    pub fn forward<D: Device, T: Tokens<F>, const V: usize, const F: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Embedding<V, F>>,
        input: View<D, T>,
        output: ViewMut<D, T::Of>,
    ) {
        context.device.embedding_forward(F, weights.data(), input.data(), output.into_data());
    }
    /// Computes the gradient to the table; tokens have no gradient.
    pub fn backward<D: Device, T: Tokens<F>, const V: usize, const F: usize>(
        self,
        context: &Context<D>,
        weights: View<D, Embedding<V, F>>,
        input: View<D, T>,
        d_output: View<D, T::Of>,
        d_weights: Grad<D, Embedding<V, F>>,
    ) {
        if context.frozen.all::<D>(weights.data()) {
            return;
        }
        let Grad { to, write } = d_weights;
        context.device.embedding_backward(F, input.data(), d_output.data(), to.into_data(), write);
    }
}
