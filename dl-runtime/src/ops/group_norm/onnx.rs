//! Group normalisation as ONNX's `InstanceNormalization` of groups, since `GroupNormalization` is sound only from a later version on.

use super::{GroupNormKernel, GroupNormSizes};
use crate::device::recorder::{Dim, Node, Place, Recorder, not_recorded};
use crate::tensor::Write;

impl GroupNormKernel for Recorder {
    fn group_norm_forward(&self, s: GroupNormSizes, weights: Place, x: Place, y: Place) {
        self.record(|graph| {
            let GroupNormSizes { channels, spatial_size, groups, epsilon } = s;
            let x = graph.read(x)?;
            let (x, axis) = graph.with_axis(x, channels, spatial_size);
            let (after, shape) = (x.dims.len() - axis - 1, x.dims.clone());
            let (x, before) = graph.merge(x, after + 1);
            let whole = x.dims.clone();
            let grouped = [x.dims[0], Dim::Size(groups), Dim::Size(channels / groups * spatial_size)];
            let x = graph.reshape(x, &grouped);
            let [ones, zeros] = [1.0, 0.0].map(|number| graph.floats(&[groups], vec![number; groups]));
            let node = Node::new("InstanceNormalization", x).and(ones).and(zeros).float("epsilon", epsilon);
            if weights.is_empty() {
                let value = graph.push(node, grouped.to_vec());
                let value = graph.reshape(value, &whole);
                let value = graph.unmerge(value, &before);
                graph.write(y, value);
                return Ok(());
            }
            let scale = graph.weight(weights.part(0..channels))?;
            let shift = graph.weight(weights.part(channels..2 * channels))?;
            let layer = scale.layer.clone();
            let value = graph.push(node.named(format!("{layer}.groups")), grouped.to_vec());
            let value = graph.reshape(value, &whole);
            let value = graph.unmerge(value, &before);
            let [scale, shift] = [scale, shift].map(|weight| graph.of_channels(&weight, after));
            let value = graph.push(Node::new("Mul", value).and(scale).named(format!("{layer}.scaled")), shape.clone());
            let value = graph.push(Node::new("Add", value).and(shift).named(layer), shape);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        group_norm_backward(GroupNormSizes, Place, Place, Place, Option<(Place, Write)>, Option<(Place, Write)>),
    }
}
