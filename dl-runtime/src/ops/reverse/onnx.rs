//! Reversal as an ONNX slice that goes backward in time.

use super::ReverseKernel;
use crate::device::recorder::{Node, Place, Recorder};
use crate::tensor::{Sequences, Write};

impl ReverseKernel for Recorder {
    fn reverse(&self, sequences: Sequences<'_, Self>, row: usize, x: Place, y: Place, write: Write) {
        if write == Write::Add {
            return self.not_recorded("reverse");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, row);
            let dims = x.dims.clone();
            let [last, before_first, axis, step] = [-1, i64::MIN, 1, -1].map(|number| graph.ints(&[number]));
            let node = Node::new("Slice", x).and(last).and(before_first).and(axis).and(step);
            let value = graph.push(node.named_kind("reverse"), dims);
            graph.write(y, value);
            Ok(())
        });
    }
}
