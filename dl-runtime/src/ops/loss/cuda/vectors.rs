//! Losses of vectors on CUDA.

use super::Code;
use crate::device::cuda::{Cuda, Mut, Ref, ThreadGroup, kernels};
use crate::ops::loss::{Gradient, VectorLossKernel, Vectors};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "vectors.cu" with [crate::ops::loss::cuda::HEADER]:
    vector_loss(f, lanes, features, a, b, c, losses),
    vector_loss_backward(f, input, lanes, features, samples, a, b, c, scale, d, add),
);

/// Returns the kernel argument; `kind` is a value of `Of` in `vectors.cu`.
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
        let group = ThreadGroup::of(losses.len(), features);
        self.launch(group.grid(), vector_loss { f: code(loss), lanes: group, features, a, b, c, losses });
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
            // A target that is 1 or -1 has no gradient.
            if write == Write::Set {
                self.clear(to);
            }
            return;
        }
        let samples = to.len() / features;
        let group = ThreadGroup::of(samples, features);
        let arguments = vector_loss_backward {
            f: code(loss),
            input: input as u32,
            lanes: group,
            features,
            samples,
            a,
            b,
            c,
            scale,
            d: to,
            add: write,
        };
        self.launch(group.grid(), arguments);
    }
}
