//! Reductions over time as ONNX operators along the second dimension.

use super::{OverTime, OverTimeKernel};
use crate::device::recorder::{Dim, Graph, Node, Place, Recorder, Value, not_recorded, time_of};
use crate::tensor::{Sequences, Write};

impl OverTimeKernel for Recorder {
    fn over_time(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Self>,
        row: usize,
        x: Place,
        y: Place,
        write: Write,
    ) {
        if write == Write::Add {
            return self.not_recorded("over_time");
        }
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, row);
            let value = match function {
                OverTime::First => at(graph, x, 0, "first"),
                OverTime::Last => at(graph, x, -1, "last"),
                OverTime::Sum => reduced(graph, x, "ReduceSum"),
                OverTime::Mean => reduced(graph, x, "ReduceMean"),
            };
            graph.write(y, value);
            Ok(())
        });
    }
    /// With [`OverTime::Sum`] it is the row of a sample, repeated for each row of a sequence.
    fn over_time_backward(
        &self,
        function: OverTime,
        sequences: Sequences<'_, Self>,
        row: usize,
        dy: Place,
        dx: Place,
        write: Write,
    ) {
        if write == Write::Add || function != OverTime::Sum {
            return self.not_recorded("over_time_backward");
        }
        self.record(|graph| {
            let x = graph.read(dy)?;
            let x = graph.reshape(x, &[Dim::Batch, Dim::Size(1), Dim::Size(row)]);
            let time = time_of(sequences);
            let shape = graph.shape_of(&[Dim::Size(1), time, Dim::Size(1)]);
            let dims = vec![Dim::Batch, time, Dim::Size(row)];
            let value = graph.push(Node::new("Expand", x).and(shape), dims);
            graph.write(dx, value);
            Ok(())
        });
    }
    fn max_over_time(&self, sequences: Sequences<'_, Self>, row: usize, x: Place, y: Place) {
        self.record(|graph| {
            let x = graph.read(x)?;
            let x = graph.timed(x, sequences, row);
            let value = reduced(graph, x, "ReduceMax");
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! { max_over_time_backward(Sequences<'_, Self>, usize, Place, Place, Place, Place, Write) }
}

/// Returns the dimensions of a value without that of time.
fn without_time(x: &Value) -> Vec<Dim> {
    [x.dims[0]].into_iter().chain(x.dims[2..].iter().copied()).collect()
}

fn at(graph: &mut Graph, x: Value, index: i64, kind: &'static str) -> Value {
    let (dims, index) = (without_time(&x), graph.int(index));
    graph.push(Node::new("Gather", x).and(index).int("axis", 1).named_kind(kind), dims)
}

fn reduced(graph: &mut Graph, x: Value, operator: &'static str) -> Value {
    let (dims, axes) = (without_time(&x), graph.ints(&[1]));
    graph.push(Node::new(operator, x).and(axes).int("keepdims", 0), dims)
}
