//! Upsampling as ONNX's `Resize`.

use super::{Mode, UpsampleKernel, UpsampleSizes};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl UpsampleKernel for Recorder {
    fn upsample_forward(&self, mode: Mode, sizes: &UpsampleSizes, x: Place, y: Place) {
        self.record(|graph| {
            let UpsampleSizes { image: [h, w], factor: [m, n], .. } = *sizes;
            let x = graph.read(x)?;
            let x = graph.with_last(x, &[h, w]);
            let known = x.sizes();
            let channels = known[..known.len() - 2].iter().product::<usize>();
            let x = graph.with_last(x, &[channels, h, w]);
            let (x, before) = graph.merge(x, 3);
            let dims = x.with_last(2, &[m * h, n * w]);
            let scales = graph.floats(&[4], vec![1.0, 1.0, m as f32, n as f32]);
            // The second input, a region, is for another mode.
            let node = Node::new("Resize", x).and("").and(scales);
            let node = match mode {
                Mode::Nearest => {
                    let node = node.text("mode", "nearest").text("coordinate_transformation_mode", "asymmetric");
                    node.text("nearest_mode", "floor")
                }
                Mode::Bilinear { align_corners } => {
                    let coordinates = if align_corners { "align_corners" } else { "half_pixel" };
                    node.text("mode", "linear").text("coordinate_transformation_mode", coordinates)
                }
            };
            let value = graph.push(node.named_kind("upsample"), dims);
            let value = graph.unmerge(value, &before);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { upsample_backward(Mode, &UpsampleSizes, Place, Place, Write) }
}
