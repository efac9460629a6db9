//! Reductions over axes of a sample as ONNX operators.

use super::{ReduceKernel, Shapes};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::ops::arithmetic::onnx::{affine, padded};
use crate::ops::axes::len;
use crate::tensor::Write;

impl ReduceKernel for Recorder {
    fn reduce_sum(&self, s: Shapes, scale: f32, x: Place, y: Place, write: Write) {
        if write == Write::Add {
            return self.not_recorded("reduce_sum");
        }
        let mean = scale.to_bits() == (1.0 / (len(s.from) / len(s.to)) as f32).to_bits();
        let (operator, scale) = if mean { ("ReduceMean", 1.0) } else { ("ReduceSum", scale) };
        self.reduce(s, operator, scale, x, y);
    }
    fn reduce_max(&self, s: Shapes, x: Place, y: Place) {
        self.reduce(s, "ReduceMax", 1.0, x, y);
    }
    not_recorded! {
        expand(Shapes, f32, Place, Place, Write),
        reduce_max_backward(Shapes, Place, Place, Place, Place, Write),
    }
}

impl Recorder {
    fn reduce(&self, s: Shapes, operator: &'static str, scale: f32, x: Place, y: Place) {
        self.record(|graph| {
            let (rank, to) = (s.from.len(), padded(s.to, s.from.len()));
            let x = graph.read(x)?;
            let x = graph.with_last(x, s.from);
            let reduced = (0..rank).filter(|&axis| s.from[axis] != to[axis]).map(|axis| axis as i64 - rank as i64);
            let (axes, dims) = (reduced.collect::<Vec<_>>(), x.with_last(rank, &to));
            let value = if axes.is_empty() {
                x
            } else {
                let axes = graph.ints(&axes);
                graph.push(Node::new(operator, x).and(axes).int("keepdims", 1), dims)
            };
            let value = affine(graph, scale, 0.0, value);
            graph.write(y, value);
            Ok(())
        });
    }
}
