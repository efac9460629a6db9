//! Layer scale as an ONNX product.

use super::ScaleKernel;
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl ScaleKernel for Recorder {
    fn scale(&self, inner: usize, weight: Place, x: Place, y: Place, write: Write) {
        if write == Write::Add {
            return self.not_recorded("scale");
        }
        self.record(|graph| {
            let weight = graph.weight(weight)?;
            let x = graph.read(x)?;
            let (x, axis) = graph.with_axis(x, weight.shape.iter().product(), inner);
            let (dims, factor) = (x.dims.clone(), graph.of_channels(&weight, x.dims.len() - axis - 1));
            let value = graph.push(Node::new("Mul", x).and(factor).named(weight.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { scale_backward_weight(usize, Place, Place, Place, Write) }
}
