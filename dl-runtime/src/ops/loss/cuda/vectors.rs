//! Losses of vectors on CUDA.

use super::Code;
use crate::device::cuda::{Cuda, Mut, Ref, Team, kernels};
use crate::ops::loss::{Gradient, VectorLossKernel, Vectors};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!("vectors.cu": vector_loss, vector_loss_backward);

/// Numbered as `Of` of `vectors.cu`.
fn code(loss: Vectors) -> Code {
    let (kind, a) = match loss {
        Vectors::CosineEmbedding { margin } => (0, margin),
        Vectors::Contrastive { margin } => (1, margin),
        Vectors::Triplet { margin } => (2, margin),
    };
    Code { kind, a, b: 0.0 }
}

impl VectorLossKernel for Cuda {
    fn vector_loss(
        &self,
        loss: Vectors,
        features: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        c: Ref<'_, f32>,
        losses: Mut<'_, f32>,
    ) {
        let team = Team::of(losses.len(), features);
        self.launch(&vector_loss, team.grid(), (code(loss), team, features, a, b, c, losses));
    }
    fn vector_loss_backward(
        &self,
        loss: Vectors,
        features: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        c: Ref<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let Gradient { input, scale, to, write } = gradient;
        if input == 2 && !matches!(loss, Vectors::Triplet { .. }) {
            // A target of two values has no slope.
            if write == Write::Set {
                self.clear(to);
            }
            return;
        }
        let samples = to.len() / features;
        let team = Team::of(samples, features);
        let arguments = (code(loss), input as u32, team, features, samples, a, b, c, scale, to, write);
        self.launch(&vector_loss_backward, team.grid(), arguments);
    }
}
