//! Embeddings as ONNX's `Gather`; tokens are whole numbers of 64 bits there.

use super::EmbeddingKernel;
use crate::device::recorder::{Dim, Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl EmbeddingKernel for Recorder {
    fn embedding_forward(&self, features: usize, weight: Place, tokens: Place, y: Place) {
        self.record(|graph| {
            let weight = graph.matrix(weight, weight.len() / features, features)?;
            let tokens = graph.read_tokens(tokens)?;
            let dims = tokens.dims.iter().copied().chain([Dim::Size(features)]).collect();
            let value = graph.push(Node::new("Gather", &weight).and(tokens).named(weight.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { embedding_backward(usize, Place, Place, Place, Write) }
}
