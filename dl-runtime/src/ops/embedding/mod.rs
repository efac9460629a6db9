//! Embedding: every token selects a row of a table, `[…]` → `[…, features]`, as PyTorch's `Embedding`. The gradient to
//! a row is the sum over the positions of its token.

mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
#[cfg(feature = "onnx")]
pub(in crate::ops) mod onnx;
#[cfg(test)]
mod tests;

pub use dl_core::ops::embedding::{Embedding, Tokens};

use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::{Grad, Write};
use crate::{Context, View, ViewMut};

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
