//! Products of tensors as ONNX's `MatMul`.

use super::{MatmulKernel, Product};
use crate::device::recorder::{Node, Place, Recorder};
use crate::tensor::Write;

impl MatmulKernel for Recorder {
    fn matmul_each(&self, product: Product, a: Place, b: Place, c: Place, write: Write) {
        let Product { rows, inner, columns, left_transposed, right_transposed } = product;
        self.record(|graph| {
            if left_transposed || right_transposed && !graph.is_weight(b) {
                return Err(graph.cannot("matmul", "only what prediction computes is exported"));
            }
            let a = graph.read(a)?;
            let mut value = if graph.is_weight(b) {
                let weight = graph.matrix(b, columns, inner)?;
                let a = graph.with_last(a, &[inner]);
                graph.dense(a, &weight, None)
            } else {
                let b = graph.read(b)?;
                let (a, b) = (graph.with_last(a, &[rows, inner]), graph.with_last(b, &[inner, columns]));
                // With one of both as a single matrix, the other may have more axes before its own.
                let dims = if a.dims.len() >= b.dims.len() {
                    a.with_last(1, &[columns])
                } else {
                    b.with_last(2, &[rows, columns])
                };
                graph.push(Node::new("MatMul", a).and(b), dims)
            };
            if write == Write::Add {
                let before = graph.read(c)?;
                let (before, dims) = (graph.reshape(before, &value.dims), value.dims.clone());
                value = graph.push(Node::new("Add", before).and(value), dims);
            }
            graph.write(c, value);
            Ok(())
        });
    }
}
