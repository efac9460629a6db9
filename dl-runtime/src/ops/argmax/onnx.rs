//! Argmax as an ONNX operator; classes are whole numbers of 64 bits there.

use super::ArgmaxKernel;
use crate::device::recorder::{Node, Place, Recorder};

impl ArgmaxKernel for Recorder {
    fn argmax(&self, classes: usize, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.with_last(x, &[classes]);
            let dims = x.with_last(1, &[]);
            let value = graph.push(Node::new("ArgMax", x).int("axis", -1).int("keepdims", 0), dims);
            graph.write_tokens(y, value);
            Ok(())
        });
    }
}
