//! L2 normalisation as ONNX operators; its own `LpNormalization` knows no smallest divisor.

use super::{L2NormalizeKernel, L2NormalizeOp};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl L2NormalizeKernel for Recorder {
    fn l2_normalize_forward(&self, op: L2NormalizeOp, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.with_last(x, &[op.n]);
            let (dims, of_rows) = (x.dims.clone(), x.with_last(1, &[1]));
            let (axes, least) = (graph.ints(&[-1]), graph.float(op.epsilon));
            let norm = graph.push(Node::new("ReduceL2", &x).and(axes).int("keepdims", 1), of_rows.clone());
            let norm = graph.push(Node::new("Max", norm).and(least), of_rows);
            let value = graph.push(Node::new("Div", x).and(norm).named_kind("l2_normalize"), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { l2_normalize_backward(L2NormalizeOp, Place, Place, Place, Write) }
}
