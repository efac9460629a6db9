//! Pooling as ONNX operators. Windows of several sizes, which no operator has, become slices for maxima and products for means.

use super::{PoolKernel, PoolSizes, Windows};
use crate::device::recorder::{Graph, Node, Place, Recorder, Value, not_recorded};
use crate::tensor::Write;

impl PoolKernel for Recorder {
    fn max_pool_forward(&self, sizes: &PoolSizes, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let value = match Sliding::of(sizes) {
                Some(windows) => windows.record(graph, sizes, x, |node, _| node, "MaxPool"),
                None => each_maximum(graph, sizes, x),
            };
            graph.write(y, value);
            Ok(())
        });
    }
    fn avg_pool_forward(&self, sizes: &PoolSizes, count_include_pad: bool, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let value = match Sliding::of(sizes) {
                Some(windows) if !count_include_pad || windows.end == windows.padding => {
                    let count = |node: Node, padded: bool| {
                        node.int("count_include_pad", i64::from(count_include_pad && padded))
                    };
                    windows.record(graph, sizes, x, count, "AveragePool")
                }
                _ => each_mean(graph, sizes, count_include_pad, x),
            };
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        max_pool_backward(&PoolSizes, Place, Place, Place, Write),
        avg_pool_backward(&PoolSizes, bool, Place, Place, Write),
    }
}

/// Windows of one size, a fixed step apart.
struct Sliding {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    /// The padding behind each axis, which is more where the number of windows was rounded up.
    end: [usize; 2],
}

impl Sliding {
    /// Returns the windows of a pooling, or `None` if they differ in size.
    fn of(s: &PoolSizes) -> Option<Self> {
        let (kernel, stride, padding) = match s.windows {
            Windows::Sliding { kernel, stride, padding } => (kernel, stride, padding),
            Windows::Adaptive => {
                let sizes = [0, 1].map(|axis| s.image[axis] / s.output[axis]);
                let whole = (0..2).all(|axis| s.image[axis].is_multiple_of(s.output[axis]));
                return whole.then_some(Sliding { kernel: sizes, stride: sizes, padding: [0; 2], end: [0; 2] });
            }
        };
        let end = [0, 1].map(|axis| {
            let reach = (s.output[axis] - 1) * stride[axis] + kernel[axis];
            padding[axis].max(reach.saturating_sub(s.image[axis] + padding[axis]))
        });
        Some(Sliding { kernel, stride, padding, end })
    }
    fn record(
        self,
        graph: &mut Graph,
        s: &PoolSizes,
        x: Value,
        more: impl FnOnce(Node, bool) -> Node,
        operator: &'static str,
    ) -> Value {
        let (x, n) = graph.planes(x, s.image);
        let known = x.sizes();
        // The operators want the channels as one dimension.
        let channels = known[..known.len() - n].iter().product::<usize>();
        let x = graph.with_last(x, &[&[channels], &s.image[2 - n..]].concat());
        let (x, before) = graph.merge(x, 1 + n);
        let dims = x.with_last(n, &s.output[2 - n..]);
        let each = |of: [usize; 2]| of[2 - n..].to_vec();
        let padded = self.padding != [0; 2] || self.end != [0; 2];
        let mut node =
            Node::new(operator, x).ints("kernel_shape", each(self.kernel)).ints("strides", each(self.stride));
        if padded {
            node = node.ints("pads", [each(self.padding), each(self.end)].concat());
        }
        let value = graph.push(more(node, padded), dims);
        graph.unmerge(value, &before)
    }
}

/// Returns the maxima of windows of several sizes: first of their rows, then of their columns.
fn each_maximum(graph: &mut Graph, s: &PoolSizes, x: Value) -> Value {
    let (mut x, n) = graph.planes(x, s.image);
    for axis in 2 - n..2 {
        let from_end = axis as i64 - 2;
        let axes = graph.ints(&[from_end]);
        let maxima: Vec<Value> = (0..s.output[axis])
            .map(|at| {
                let window = s.range(axis, at);
                let part = graph.slice_axis(x.clone(), from_end, window.start, window.len());
                let last = x.dims.len() - (2 - axis);
                let mut dims = x.dims.clone();
                dims[last] = crate::device::recorder::Dim::Size(1);
                graph.push(Node::new("ReduceMax", part).and(&axes).int("keepdims", 1), dims)
            })
            .collect();
        let mut dims = maxima[0].dims.clone();
        let last = dims.len() - (2 - axis);
        dims[last] = crate::device::recorder::Dim::Size(s.output[axis]);
        let node = maxima[1..].iter().fold(Node::new("Concat", &maxima[0]), |node, part| node.and(part));
        x = graph.push(node.int("axis", from_end), dims);
    }
    x
}

/// Returns the means of windows of several sizes: products with matrices that have the shares of every row and column.
fn each_mean(graph: &mut Graph, s: &PoolSizes, count_include_pad: bool, x: Value) -> Value {
    let x = graph.with_last(x, &s.image);
    let share = |axis: usize, at: usize, from: usize| {
        let window = s.range(axis, at);
        let count = if count_include_pad { s.counted(axis, at) } else { window.len() };
        if window.contains(&from) { 1.0 / count as f32 } else { 0.0 }
    };
    let [h, w] = s.image;
    let [rows, columns] = s.output;
    let of_rows = (0..rows).flat_map(|at| (0..h).map(move |from| share(0, at, from))).collect();
    let of_columns = (0..w).flat_map(|from| (0..columns).map(move |at| share(1, at, from))).collect();
    let (of_rows, of_columns) = (graph.floats(&[rows, h], of_rows), graph.floats(&[w, columns], of_columns));
    let (first, last) = (x.with_last(2, &[rows, w]), x.with_last(2, &[rows, columns]));
    let value = graph.push(Node::new("MatMul", of_rows).and(x), first);
    graph.push(Node::new("MatMul", value).and(of_columns), last)
}
