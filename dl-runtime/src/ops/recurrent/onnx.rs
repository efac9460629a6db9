//! Recurrent layers as ONNX's `LSTM`, `GRU` and `RNN`, whose gates are in another order and whose rows come before the samples.

use super::{Backward, Cell, Parts, RecurrentKernel, Run};
use crate::device::recorder::{Content, Dim, Node, Place, Product, Recorder, not_recorded};
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
            if !weights.weight_hr.is_empty() {
                let reason = "ONNX has no projection of the state of an LSTM";
                return Err(graph.cannot(layer, reason));
            }
            let order = order(run.cell);
            let mut of_gates = |part: &str, from: Place, row: usize| {
                let ranges = |from: Place| order.iter().map(move |gate| from.floats(gate * hidden * row, hidden * row));
                let shape = vec![1, run.gates(), row];
                graph.of_ranges(layer, &format!("{layer}.{part}_{of_layer}"), shape, ranges(from).collect()).name
            };
            let w = of_gates("weight_ih", weights.weight_ih, inputs);
            let r = of_gates("weight_hh", weights.weight_hh, hidden);
            let b = (!weights.bias_ih.is_empty()).then(|| {
                let both = [weights.bias_ih, weights.bias_hh];
                let ranges = |from: Place| order.iter().map(move |gate| from.floats(gate * hidden, hidden));
                let ranges: Vec<Range<usize>> = both.into_iter().flat_map(ranges).collect();
                let name = format!("{layer}.bias_{of_layer}");
                graph.of_ranges(layer, &name, vec![1, 2 * run.gates()], ranges).name
            });
            let x = graph.timed(x, run.sequences, inputs);
            let x = graph.transpose(x, &[1, 0, 2]);
            let name = if of_layer == "l0" { layer.to_owned() } else { format!("{layer}.{of_layer}") };
            let operator = match run.cell {
                Cell::Lstm => "LSTM",
                Cell::Gru => "GRU",
                Cell::Tanh | Cell::Relu => "RNN",
            };
            let direction = if run.reversed { "reverse" } else { "forward" };
            let dims = vec![x.dims[0], Dim::Size(1), x.dims[1], Dim::Size(hidden)];
            let node = Node::new(operator, x).and(w).and(r);
            let node = b.iter().fold(node, |node, b| node.and(b));
            let node = node.int("hidden_size", hidden as i64).text("direction", direction);
            let node = match run.cell {
                // The reset gate comes after the product, as in PyTorch.
                Cell::Gru => node.int("linear_before_reset", 1),
                Cell::Relu => node.texts("activations", &["Relu"]),
                Cell::Lstm | Cell::Tanh => node,
            };
            let value = graph.push(node.named(name), dims.clone());
            let axes = graph.ints(&[1]);
            let value = graph.push(Node::new("Squeeze", value).and(axes), vec![dims[0], dims[2], dims[3]]);
            let value = graph.transpose(value, &[1, 0, 2]);
            if run.width == run.state {
                graph.write(y, value);
            } else {
                graph.write_columns(y, run.width, run.column, run.state, value);
            }
            Ok(())
        });
    }
    not_recorded! {
        recurrent_backward(
            Run<'_, Self>, Parts<'_, Self>, Place, Place, Place, Place, Option<InitialStates<'_, Self>>, Backward<'_, Self>
        ),
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
