//! Convolutions of images and sequences as ONNX's `Conv` and `ConvTranspose`.

use super::{Conv2dKernel, Conv2dSizes, Direction};
use crate::Result;
use crate::device::recorder::{Graph, Node, Place, Recorder, Value, not_recorded};
use crate::ops::Activation;
use crate::ops::activation::onnx::activate;
use crate::tensor::Write;

impl Conv2dKernel for Recorder {
    fn conv2d(
        &self,
        sizes: &Conv2dSizes,
        direction: Direction,
        activation: Activation,
        weight_and_bias: [Place; 2],
        from: Place,
        (to, write): (Place, Write),
    ) {
        if write == Write::Add {
            return self.not_recorded("conv2d");
        }
        self.record(|graph| {
            let x = graph.read(from)?;
            let value = convolution(graph, sizes, direction, weight_and_bias, x)?;
            let value = activate(graph, activation, value);
            graph.write(to, value);
            Ok(())
        });
    }
    not_recorded! { conv2d_weight_gradient(&Conv2dSizes, Direction, Place, Place, [Place; 2], Write) }
}

/// Appends a convolution.
pub(in crate::ops) fn convolution(
    graph: &mut Graph,
    sizes: &Conv2dSizes,
    direction: Direction,
    [weight, bias]: [Place; 2],
    x: Value,
) -> Result<Value> {
    let s = sizes;
    let weight = graph.weight(weight)?;
    // Weights of three dimensions are those of sequences, whose images have one row.
    let axes = if weight.shape.len() == 3 { 1..2 } else { 0..2 };
    let [images, windows] = [(s.inputs, s.image), (s.outputs, s.output)];
    let [read, written] = if direction == Direction::Forward { [images, windows] } else { [windows, images] };
    let shape = |(channels, image): (usize, [usize; 2])| [&[channels], &image[axes.clone()]].concat();
    let last = shape(read);
    let x = graph.with_last(x, &last);
    let (x, before) = graph.merge(x, last.len());
    let dims = x.with_last(last.len(), &shape(written));
    let operator = if direction == Direction::Forward { "Conv" } else { "ConvTranspose" };
    let mut node = Node::new(operator, x).and(&weight);
    if !bias.is_empty() {
        let bias = graph.weight(bias)?;
        node = node.and(bias);
    }
    let each = |of: [usize; 2]| of[axes.clone()].to_vec();
    node = node.ints("kernel_shape", each(s.kernel)).ints("strides", each(s.stride));
    node = node.ints("dilations", each(s.dilation)).int("group", s.groups as i64);
    let ends = match direction {
        Direction::Forward => [0, 1].map(|axis| end_of_padding(s, axis)),
        Direction::Transposed => s.padding,
    };
    node = node.ints("pads", [each(s.padding), each(ends)].concat());
    if direction == Direction::Transposed {
        let more = |axis: usize| {
            let least = (s.output[axis] - 1) * s.stride[axis] + (s.kernel[axis] - 1) * s.dilation[axis] + 1;
            s.image[axis] + 2 * s.padding[axis] - least
        };
        node = node.ints("output_padding", each([more(0), more(1)]));
    }
    let value = graph.push(node.named(weight.layer), dims);
    Ok(graph.unmerge(value, &before))
}

/// Returns the padding behind an axis: that before it, or as much as the windows reach where they see nothing behind (causal ones).
fn end_of_padding(s: &Conv2dSizes, axis: usize) -> usize {
    let window = (s.kernel[axis] - 1) * s.dilation[axis] + 1;
    let symmetric =
        super::output_size(s.image[axis], s.kernel[axis], s.stride[axis], s.padding[axis], s.dilation[axis]);
    if symmetric == s.output[axis] {
        return s.padding[axis];
    }
    ((s.output[axis] - 1) * s.stride[axis] + window).saturating_sub(s.image[axis] + s.padding[axis])
}
