//! Softmax and its logarithm as the ONNX operators.

use super::{SoftmaxKernel, SoftmaxOp};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl SoftmaxKernel for Recorder {
    fn softmax_forward(&self, op: SoftmaxOp, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let (x, axis) = graph.with_axis(x, op.classes, op.positions);
            let (dims, axis) = (x.dims.clone(), axis as i64 - x.dims.len() as i64);
            let operator = if op.log { "LogSoftmax" } else { "Softmax" };
            let value = graph.push(Node::new(operator, x).int("axis", axis), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    fn softmax_forward_in_place(&self, op: SoftmaxOp, x: Place) {
        self.softmax_forward(op, x, x);
    }
    not_recorded! {
        softmax_backward(SoftmaxOp, Place, Place, Place, Write),
        softmax_backward_in_place(SoftmaxOp, Place, Place),
    }
}
