//! Recurrent layers as ONNX's `LSTM`, `GRU` and `RNN`, whose gates are in another order and whose rows come before the samples.

use super::{Backward, Cell, Parts, RecurrentKernel, Run};
use crate::device::recorder::{Content, Dim, Direction, Node, Place, Product, Recorder, not_recorded};
use crate::tensor::{InitialStates, States};
use std::ops::Range;

impl RecurrentKernel for Recorder {
    fn recurrent_forward(
        &self,
        run: Run<'_, Self>,
        weights: Parts<'_, Self>,
        gates: Place,
        _: Place,
        y: Place,
        states: Option<States<'_, Self>>,
    ) {
        if states.is_some() {
            return self.not_recorded("recurrent_forward");
        }
        self.record(|graph| {
            let Content::Product(product) = graph.content(gates)? else {
                return Err(graph.cannot("recurrent", "its gates are not a product of its input"));
            };
            let Product { x, inputs, .. } = *product;
            let hidden = run.hidden;
            let tensors = graph.tensors_in(weights.weight_ih);
            let full = tensors.first().map_or_else(String::new, |tensor| tensor.name.clone());
            let (layer, of_layer) = full.rsplit_once(".weight_ih_").unwrap_or((&full, "l0"));
            let of_layer = of_layer.trim_end_matches("_reverse");
            if !weights.weight_hr.is_empty() {
                let reason = "ONNX has no projection of the state of an LSTM";
                return Err(graph.cannot(layer, reason));
            }
            let own = Direction::of(run.cell, weights, [run.gates(), run.hidden, inputs]);
            if run.width > run.state && !run.reversed {
                // The other direction of the layer comes next, and both are one operator.
                graph.put(y, Content::Direction(Box::new(own)));
                return Ok(());
            }
            let mut directions = vec![own];
            if let Ok(Content::Direction(first)) = graph.content(y)
                && run.reversed
            {
                directions.insert(0, *first);
            }
            let count = directions.len();
            let mut tensor = |part: &str, row: &[usize], ranges: fn(&Direction) -> &Vec<Range<usize>>| {
                let ranges: Vec<Range<usize>> = directions.iter().flat_map(ranges).cloned().collect();
                let shape = [&[count], row].concat();
                (!ranges.is_empty())
                    .then(|| graph.of_ranges(layer, &format!("{layer}.{part}_{of_layer}"), shape, ranges).name)
            };
            let w = tensor("weight_ih", &[run.gates(), inputs], |direction| &direction.weight_ih);
            let r = tensor("weight_hh", &[run.gates(), hidden], |direction| &direction.weight_hh);
            let b = tensor("bias", &[2 * run.gates()], |direction| &direction.bias);
            let x = graph.timed(x, run.sequences, inputs);
            let x = graph.transpose(x, &[1, 0, 2]);
            let name = if of_layer == "l0" { layer.to_owned() } else { format!("{layer}.{of_layer}") };
            let operator = match run.cell {
                Cell::Lstm => "LSTM",
                Cell::Gru => "GRU",
                Cell::Tanh | Cell::Relu => "RNN",
            };
            let direction = match (count, run.reversed) {
                (2, _) => "bidirectional",
                (_, true) => "reverse",
                (_, false) => "forward",
            };
            let (time, batch) = (x.dims[0], x.dims[1]);
            let node = [w, r, b].into_iter().flatten().fold(Node::new(operator, x), |node, weight| node.and(weight));
            let node = node.int("hidden_size", hidden as i64).text("direction", direction);
            let node = match run.cell {
                // The reset gate comes after the product, as in PyTorch.
                Cell::Gru => node.int("linear_before_reset", 1),
                Cell::Relu => node.texts("activations", &["Relu"; 2][..count]),
                Cell::Lstm | Cell::Tanh => node,
            };
            let value = graph.push(node.named(name), vec![time, Dim::Size(count), batch, Dim::Size(hidden)]);
            let value = if count == 1 {
                let axes = graph.ints(&[1]);
                graph.push(Node::new("Squeeze", value).and(axes), vec![time, batch, Dim::Size(hidden)])
            } else {
                let value = graph.transpose(value, &[0, 2, 1, 3]);
                graph.reshape(value, &[time, batch, Dim::Size(count * hidden)])
            };
            let value = graph.transpose(value, &[1, 0, 2]);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        recurrent_backward(
            Run<'_, Self>, Parts<'_, Self>, Place, Place, Place, Place, Option<InitialStates<'_, Self>>, Backward<'_, Self>
        ),
    }
}

impl Direction {
    /// Returns where the weights of one direction lie, gate by gate in the order of ONNX.
    fn of(cell: Cell, weights: Parts<'_, Recorder>, [gates, hidden, inputs]: [usize; 3]) -> Self {
        let part = |from: Place, row: usize| -> Vec<Range<usize>> {
            let gate = |gate: &usize| from.floats(gate * hidden * row, hidden * row);
            if from.is_empty() { Vec::new() } else { order(cell).iter().map(gate).collect() }
        };
        debug_assert_eq!(gates, order(cell).len() * hidden, "rows of the weights of a recurrent layer");
        Direction {
            weight_ih: part(weights.weight_ih, inputs),
            weight_hh: part(weights.weight_hh, hidden),
            bias: [part(weights.bias_ih, 1), part(weights.bias_hh, 1)].concat(),
        }
    }
}

/// Returns the gates in the order of ONNX, by their place in ours.
fn order(cell: Cell) -> &'static [usize] {
    match cell {
        // i, f, g, o become i, o, f, c.
        Cell::Lstm => &[0, 3, 1, 2],
        // r, z, n become z, r, h.
        Cell::Gru => &[1, 0, 2],
        Cell::Tanh | Cell::Relu => &[0],
    }
}
