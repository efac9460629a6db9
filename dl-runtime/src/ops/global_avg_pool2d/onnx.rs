//! Global average pooling as an ONNX mean over the axes of an image.

use super::GlobalAvgPool2dKernel;
use crate::device::recorder::{Dim, Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl GlobalAvgPool2dKernel for Recorder {
    fn global_avg_pool2d_forward(&self, spatial_size: usize, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let known = x.sizes();
            let of_image =
                (1..=known.len()).find(|&n| known[known.len() - n..].iter().product::<usize>() == spatial_size);
            let (x, n) = match of_image {
                Some(n) => (x, n),
                None => (graph.with_last(x, &[spatial_size]), 1),
            };
            let dims: Vec<Dim> = x.with_last(n, &[]);
            let axes = graph.ints(&(1..=n as i64).rev().map(|axis| -axis).collect::<Vec<_>>());
            let node = Node::new("ReduceMean", x).and(axes).int("keepdims", 0);
            let value = graph.push(node.named_kind("global_avg_pool"), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { global_avg_pool2d_backward(usize, Place, Place, Write) }
}
