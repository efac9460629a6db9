//! Positions as ONNX operators: rows of a table, or sines and cosines of a range of numbers.

use super::{Order, PositionsKernel, frequency};
use crate::device::recorder::{Dim, Graph, Node, Place, Recorder, not_recorded, time_of};
use crate::tensor::{Sequences, Streams, Write};

impl PositionsKernel for Recorder {
    fn add_positions(
        &self,
        sequences: Sequences<'_, Self>,
        streams: Option<Streams<'_, Self>>,
        features: usize,
        positions: Place,
        x: Place,
        y: Place,
    ) {
        if streams.is_some() {
            return self.not_recorded("add_positions");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, features);
            let table = graph.matrix(positions, positions.len() / features, features)?;
            let (time, dims) = (time_of(sequences), x.dims.clone());
            let rows = if time == Dim::Size(table.shape[0]) {
                table.name.clone()
            } else {
                let (start, end, axes) = (graph.ints(&[0]), graph.length(time), graph.ints(&[0]));
                let node = Node::new("Slice", &table).and(start).and(end).and(axes);
                graph.push(node.named(format!("{}.rows", table.layer)), Vec::new()).name
            };
            let value = graph.push(Node::new("Add", x).and(rows).named(table.layer), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    fn add_sinusoids(
        &self,
        order: Order,
        sequences: Sequences<'_, Self>,
        streams: Option<Streams<'_, Self>>,
        features: usize,
        x: Place,
        y: Place,
    ) {
        if streams.is_some() {
            return self.not_recorded("add_sinusoids");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, features);
            let dims = x.dims.clone();
            let table = sinusoids(graph, order, time_of(sequences), features);
            let value = graph.push(Node::new("Add", x).and(table).named_kind("sinusoidal_positions"), dims);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { add_positions_backward(Sequences<'_, Self>, usize, Place, Place, Write) }
}

/// Returns the sinusoids of all positions, `[length, features]`.
fn sinusoids(graph: &mut Graph, order: Order, time: Dim, features: usize) -> String {
    let frequencies = (0..features / 2).map(|pair| frequency(pair, features) as f32).collect();
    graph.shared(format!("sinusoids {order:?} {time:?} {features}"), |graph| {
        let [sines, cosines] = angles(graph, time, frequencies);
        let joined = match order {
            Order::Halves => Node::new("Concat", sines).and(cosines).int("axis", -1),
            Order::Alternating => {
                // Every sine gets its cosine beside it.
                let axes = graph.ints(&[-1]);
                let [sines, cosines] = [sines, cosines]
                    .map(|values| graph.push(Node::new("Unsqueeze", values).and(&axes), Vec::new()).name);
                let pairs = graph.push(Node::new("Concat", sines).and(cosines).int("axis", -1), Vec::new());
                let shape = graph.ints(&[-1, features as i64]);
                Node::new("Reshape", pairs).and(shape)
            }
        };
        graph.push(joined, Vec::new()).name
    })
}

/// Returns the sines and the cosines of all positions times all frequencies, `[length, frequencies]` each.
pub(in crate::ops) fn angles(graph: &mut Graph, time: Dim, frequencies: Vec<f32>) -> [String; 2] {
    let positions = positions(graph, time);
    let (count, axes) = (frequencies.len(), graph.ints(&[-1]));
    let positions = graph.push(Node::new("Unsqueeze", positions).and(axes), Vec::new());
    let frequencies = graph.floats(&[1, count], frequencies);
    let angles = graph.push(Node::new("Mul", positions).and(frequencies), Vec::new());
    ["Sin", "Cos"].map(|operator| graph.push(Node::new(operator, &angles), Vec::new()).name)
}

/// Returns the numbers 0, 1, … of the rows of sequences, `[length]`.
pub(in crate::ops) fn positions(graph: &mut Graph, time: Dim) -> String {
    if let Dim::Size(len) = time {
        return graph.floats(&[len], (0..len).map(|t| t as f32).collect());
    }
    graph.shared(format!("positions {time:?}"), |graph| {
        let (length, axes) = (graph.length(time), graph.ints(&[0]));
        let length = graph.push(Node::new("Squeeze", length).and(axes), Vec::new());
        let (zero, one) = (graph.int(0), graph.int(1));
        let range = graph.push(Node::new("Range", zero).and(length).and(one), Vec::new());
        let float = dl_onnx::tensor_proto::DataType::Float as i64;
        graph.push(Node::new("Cast", range).int("to", float).named_kind("positions"), Vec::new()).name
    })
}
