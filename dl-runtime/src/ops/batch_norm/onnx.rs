//! Batch normalisation by the running statistics, as the ONNX operator.

use super::{BatchNormKernel, BatchNormOp, BatchNormSizes};
use crate::device::recorder::{Node, Place, Recorder, not_recorded};
use crate::ops::activation::onnx::activate;
use crate::tensor::{Statistics, Write};

impl BatchNormKernel for Recorder {
    fn batch_norm_by(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Place,
        statistics: Place,
        x: Place,
        y: Place,
    ) {
        normalise(self, op, sizes, weights, statistics, None, [x, y]);
    }
    fn batch_norm_by_in_place(
        &self,
        op: BatchNormOp,
        sizes: BatchNormSizes,
        weights: Place,
        statistics: Place,
        summand: Option<Place>,
        x: Place,
    ) {
        normalise(self, op, sizes, weights, statistics, summand, [x, x]);
    }
    not_recorded! {
        batch_norm_forward(BatchNormOp, BatchNormSizes, Place, Place, Place, Place),
        batch_norm_backward(
            BatchNormOp, BatchNormSizes, Statistics, Place, Place, Place, Place, Option<(Place, Write)>, Option<(Place, Write)>
        ),
    }
}

/// Appends the normalisation of `x` to `y`, with what is added before the activation.
fn normalise(
    recorder: &Recorder,
    op: BatchNormOp,
    sizes: BatchNormSizes,
    weights: Place,
    statistics: Place,
    summand: Option<Place>,
    [x, y]: [Place; 2],
) {
    recorder.record(|graph| {
        let (channels, [scale, shift]) = (sizes.channels, parts(weights, sizes.channels));
        let [mean, variance] = parts(statistics, channels);
        let [scale, shift, mean, variance] =
            [graph.weight(scale)?, graph.weight(shift)?, graph.weight(mean)?, graph.weight(variance)?];
        let x = graph.read(x)?;
        // The operator wants the channels second.
        let (x, axis) = if sizes.spatial_size == 1 {
            let x = graph.with_last(x, &[channels]);
            let axis = x.dims.len() - 1;
            (x, axis)
        } else {
            graph.with_axis(x, channels, sizes.spatial_size)
        };
        let after = x.dims.len() - axis;
        let (x, before) = graph.merge(x, after);
        let dims = x.dims.clone();
        let node = Node::new("BatchNormalization", x).and(&scale).and(shift).and(mean).and(variance);
        let value = graph.push(node.float("epsilon", op.epsilon).named(scale.layer), dims);
        let mut value = graph.unmerge(value, &before);
        if let Some(summand) = summand {
            let summand = graph.read(summand)?;
            let (summand, dims) = (graph.reshape(summand, &value.dims), value.dims.clone());
            let [first, second] = graph.oldest_first(value, summand);
            value = graph.push(Node::new("Add", first).and(second), dims);
        }
        let value = activate(graph, op.activation, value);
        graph.write(y, value);
        Ok(())
    });
}

/// Returns the first two parts of `channels` numbers each.
fn parts(place: Place, channels: usize) -> [Place; 2] {
    [place.part(0..channels), place.part(channels..2 * channels)]
}
