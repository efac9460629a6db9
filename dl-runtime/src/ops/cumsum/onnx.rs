//! Cumulative sums as the ONNX operator.

use super::{CumsumKernel, CumsumOp, From};
use crate::device::recorder::{Node, Place, Recorder};
use crate::tensor::Write;

impl CumsumKernel for Recorder {
    fn cumsum(&self, op: CumsumOp, from: From, x: Place, y: Place, write: Write) {
        if write == Write::Add || from == From::Last {
            return self.not_recorded("cumsum");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let (x, axis) = graph.with_axis(x, op.size, op.inner);
            let (dims, axis) = (x.dims.clone(), graph.int(axis as i64 - x.dims.len() as i64));
            let value = graph.push(Node::new("CumSum", x).and(axis), dims);
            graph.write(y, value);
            Ok(())
        });
    }
}
