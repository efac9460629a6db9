//! Transpositions as the ONNX operator.

use super::{Direction, TransposeKernel, TransposeOp};
use crate::device::recorder::{Place, Recorder};
use crate::tensor::Write;

impl TransposeKernel for Recorder {
    fn transpose(&self, op: TransposeOp, direction: Direction, x: Place, y: Place, write: Write) {
        if write == Write::Add || direction == Direction::Inverse {
            return self.not_recorded("transpose");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.with_last(x, op.shape);
            let before = x.dims.len() - op.shape.len();
            let axes: Vec<usize> = (0..before).chain(op.axes.iter().map(|axis| before + axis)).collect();
            let value = graph.transpose(x, &axes);
            graph.write(y, value);
            Ok(())
        });
    }
}
