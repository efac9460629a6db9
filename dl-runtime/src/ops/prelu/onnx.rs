//! The parametric ReLU as the ONNX operator.

use super::PreluKernel;
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl PreluKernel for Recorder {
    fn prelu_forward(&self, spatial_size: usize, weight: Place, x: Place, y: Place) {
        self.record(|graph| {
            let weight = graph.weight(weight)?;
            let (channels, x) = (weight.shape.iter().product(), graph.read(x)?);
            let (x, slope) = if channels == 1 {
                (x, weight.name.clone())
            } else {
                let (x, axis) = graph.with_axis(x, channels, spatial_size);
                let after = x.dims.len() - axis - 1;
                (x, graph.of_channels(&weight, after))
            };
            let dims = x.dims.clone();
            let value = graph.push(Node::new("PRelu", x).and(slope).named(weight.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { prelu_backward(usize, Place, Place, Place, (Place, Write), Option<(Place, Write)>) }
}
