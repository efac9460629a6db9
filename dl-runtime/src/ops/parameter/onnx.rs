//! A learned tensor, expanded to the size of the batch.

use super::ParameterKernel;
use crate::device::recorder::{Dim, Node, Place, Recorder};

impl ParameterKernel for Recorder {
    fn repeat_values(&self, values: Place, y: Place) {
        self.record(|graph| {
            let weight = graph.weight(values)?;
            let dims: Vec<Dim> =
                [Dim::Batch].into_iter().chain(weight.shape.iter().map(|&size| Dim::Size(size))).collect();
            // The dimensions of the tensor come last, so that the first one is new.
            let shape = graph.shape_of(&dims);
            let value = graph.push(Node::new("Expand", &weight).and(shape).named(weight.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
}
