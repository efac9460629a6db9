//! Padding of images as the ONNX operator.

use super::{Mode, Pad2dKernel, Pad2dOp, Pad2dSizes};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl Pad2dKernel for Recorder {
    fn pad2d_forward(&self, op: Pad2dOp, sizes: &Pad2dSizes, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let (x, n) = graph.planes(x, sizes.image);
            let dims = x.with_last(n, &sizes.output[2 - n..]);
            let after = [0, 1].map(|axis| sizes.output[axis] - sizes.image[axis] - op.before[axis]);
            let kept = vec![0; x.dims.len() - n];
            let pads = [&kept, &op.before[2 - n..], &kept, &after[2 - n..]].concat();
            let pads = graph.ints(&pads.into_iter().map(|pad| pad as i64).collect::<Vec<_>>());
            let mode = match op.mode {
                Mode::Zeros => "constant",
                Mode::Reflect => "reflect",
                Mode::Replicate => "edge",
            };
            let value = graph.push(Node::new("Pad", x).and(pads).text("mode", mode), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { pad2d_backward(Pad2dOp, &Pad2dSizes, Place, Place, Write) }
}
