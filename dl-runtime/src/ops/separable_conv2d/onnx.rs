//! Separable convolutions as two of ONNX's `Conv`.

use super::{Both, SeparableConv2dKernel, lengths};
use crate::device::recorder::{Place, Recorder, not_recorded};
use crate::ops::Activation;
use crate::ops::activation::onnx::activate;
use crate::ops::conv2d::{Direction, onnx::convolution};
use crate::tensor::Write;

impl SeparableConv2dKernel for Recorder {
    fn separable_conv2d_forward(&self, sizes: &Both, activation: Activation, weights: Place, x: Place, y: Place) {
        self.record(|graph| {
            let [depthwise, pointwise, _] = lengths(sizes);
            let end = depthwise + pointwise;
            let depthwise_parts = [weights.part(0..depthwise), weights.part(0..0)];
            let pointwise_parts = [weights.part(depthwise..end), weights.part(end..weights.len())];
            let x = graph.read(x)?;
            let value = convolution(graph, &sizes[0], Direction::Forward, depthwise_parts, x)?;
            let value = convolution(graph, &sizes[1], Direction::Forward, pointwise_parts, value)?;
            let value = activate(graph, activation, value);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        separable_conv2d_backward(&Both, Place, Place, Place, (Place, Write), Option<(Place, Write)>),
    }
}
