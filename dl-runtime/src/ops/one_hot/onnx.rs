//! One-hot vectors as the ONNX operator.

use super::OneHotKernel;
use crate::device::recorder::{Dim, Node, Place, Recorder};

impl OneHotKernel for Recorder {
    fn one_hot(&self, classes: usize, indices: Place, y: Place) {
        self.record(|graph| {
            let indices = graph.read_tokens(indices)?;
            let dims = indices.dims.iter().copied().chain([Dim::Size(classes)]).collect();
            let (depth, values) = (graph.int(classes as i64), graph.floats(&[2], vec![0.0, 1.0]));
            let value = graph.push(Node::new("OneHot", indices).and(depth).and(values).int("axis", -1), dims);
            graph.write(y, value);
            Ok(())
        });
    }
}
