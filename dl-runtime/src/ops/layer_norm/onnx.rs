//! Layer normalisation as the ONNX operator, and RMS normalisation as several.

use super::{LayerNormKernel, Norm};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl LayerNormKernel for Recorder {
    fn layer_norm_forward(&self, norm: Norm, weight: Place, bias: Place, x: Place, y: Place) {
        self.record(|graph| {
            let scale = graph.weight(weight)?;
            let x = graph.read(x)?;
            let x = graph.with_last(x, &[weight.len()]);
            let (dims, of_rows) = (x.dims.clone(), x.with_last(1, &[1]));
            let node = if norm.centred {
                let shift = graph.weight(bias)?;
                let node = Node::new("LayerNormalization", x).and(&scale).and(shift);
                node.int("axis", -1).float("epsilon", norm.epsilon)
            } else {
                let (axes, epsilon) = (graph.ints(&[-1]), graph.float(norm.epsilon));
                let square = graph.push(Node::new("Mul", &x).and(&x), dims.clone());
                let mean = graph.push(Node::new("ReduceMean", square).and(axes).int("keepdims", 1), of_rows.clone());
                let sum = graph.push(Node::new("Add", mean).and(epsilon), of_rows.clone());
                let root = graph.push(Node::new("Sqrt", sum), of_rows);
                let normal = graph.push(Node::new("Div", x).and(root), dims.clone());
                Node::new("Mul", normal).and(&scale)
            };
            let value = graph.push(node.named(scale.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        layer_norm_backward(Norm, Place, Place, Place, (Place, Write), Option<(Place, Write)>),
    }
}
