//! Convolution along time as ONNX's `Conv`, which wants the features before the time.

use super::{Conv1dKernel, Conv1dSizes};
use crate::Result;
use crate::device::recorder::{Content, Dim, Graph, Node, Place, Recorder, Value, Windows, not_recorded};
use crate::tensor::{Sequences, Write};

impl Conv1dKernel for Recorder {
    fn conv1d_gather(&self, s: &Conv1dSizes, sequences: Sequences<'_, Self>, past: Place, x: Place, windows: Place) {
        if !past.is_empty() {
            return self.not_recorded("conv1d_gather");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, s.inputs);
            let Conv1dSizes { outputs, kernel, dilation, before, groups, .. } = *s;
            let content = Windows { x, outputs, kernel, dilation, before, groups };
            graph.put(windows, Content::Windows(content));
            Ok(())
        });
    }
    fn conv1d_grouped(&self, _: &Conv1dSizes, weight: Place, bias: Place, windows: Place, y: Place) {
        self.record(|graph| {
            let Content::Windows(windows) = graph.content(windows)? else {
                return Err(graph.cannot("conv1d", "its windows were not gathered"));
            };
            let value = of_windows(graph, &windows, weight, bias)?;
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        conv1d_gather_backward(&Conv1dSizes, Sequences<'_, Self>, Place, Place, Write),
        conv1d_remember(&Conv1dSizes, Sequences<'_, Self>, Place, Place),
        conv1d_grouped_backward_weights(&Conv1dSizes, Place, Place, [Place; 2], Write),
        conv1d_grouped_backward_windows(&Conv1dSizes, Place, Place, Place),
    }
}

/// Appends the convolution whose windows were gathered.
pub(in crate::ops) fn of_windows(graph: &mut Graph, windows: &Windows, weight: Place, bias: Place) -> Result<Value> {
    let Windows { x, outputs, kernel, dilation, before, groups } = windows;
    let reach = (kernel - 1) * dilation;
    let weight = graph.weight(weight)?;
    let x = graph.transpose(x.clone(), &[0, 2, 1]);
    let dims = vec![x.dims[0], Dim::Size(*outputs), x.dims[2]];
    let mut node = Node::new("Conv", x).and(&weight);
    if !bias.is_empty() {
        let bias = graph.weight(bias)?;
        node = node.and(bias);
    }
    let node = node.ints("kernel_shape", [*kernel]).ints("dilations", [*dilation]);
    let node = node.ints("pads", [*before, reach - before]).int("group", *groups as i64);
    let value = graph.push(node.named(weight.layer), dims);
    Ok(graph.transpose(value, &[0, 2, 1]))
}
