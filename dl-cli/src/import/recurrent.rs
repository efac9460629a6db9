//! LSTM, GRU and RNN, whose gates ONNX has in another order than PyTorch, and whose sequences it has before their samples.

use super::array::Array;
use super::graph::Node;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Id, Value, View, Weight, What};
use super::values::weight;
use std::rc::Rc;

impl Importer {
    pub fn recurrent(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        // The gate of PyTorch that each gate of ONNX is, in PyTorch's order.
        let (name, order): (_, &[usize]) = match &*node.operator {
            // i, o, f, c; PyTorch has i, f, g, o.
            "LSTM" => ("lstm", &[0, 2, 3, 1]),
            // z, r, h; PyTorch has r, z, n.
            "GRU" if node.int("linear_before_reset", 0) == 1 => ("gru", &[1, 0, 2]),
            "RNN" => ("rnn", &[0]),
            _ => return None,
        };
        let Some(Some(Value::Flow(x))) = inputs.first() else { return None };
        let plain = !["clip", "activation_alpha", "activation_beta"].iter().any(|name| node.has(name));
        let other = node.has("activations") || node.int("layout", 0) != 0 || node.int("input_forget", 0) != 0;
        let directions = match &*node.text("direction", "forward") {
            "forward" => 1,
            "bidirectional" => 2,
            _ => return None,
        };
        let none = |at: usize| match inputs.get(at).and_then(Option::as_ref) {
            None => true,
            // States at the beginning that are zeros.
            Some(Value::Constant(constants)) => {
                constants.iter().all(|state| state.array.data.iter().all(|n| *n == 0.0))
            }
            Some(_) => false,
        };
        // Lengths of samples that are those of the batch say nothing.
        let whole = match inputs.get(4).and_then(Option::as_ref) {
            None => true,
            Some(Value::Constant(lengths)) => [0, 1].iter().all(|at| {
                let length = x.shapes[*at].first().map(|length| *length as f64);
                lengths[*at].array.data.iter().all(|own| Some(*own) == length)
            }),
            Some(_) => false,
        };
        if !whole {
            self.help = Some(
                "its samples have lengths of their own (`sequence_lens`); export the network without \
                 `pack_padded_sequence`: an imported one takes sequences of any lengths in one batch, without padding",
            );
        }
        if !plain || other && name != "rnn" || !whole || !none(5) || !none(6) {
            return None;
        }
        let of = |at: usize| weight(inputs.get(at)?.as_ref()?);
        let (w, r) = (of(1)?, of(2)?);
        let (&[d, rows, input], &[_, _, hidden]) = (&w.shape[..], &r.shape[..]) else { return None };
        if d != directions || rows != order.len() * hidden || r.shape != [d, rows, hidden] {
            return None;
        }
        let bias = match inputs.get(3).and_then(Option::as_ref) {
            Some(bias) => Some(weight(bias).filter(|bias| bias.shape == [d, 2 * rows])?),
            None => None,
        };
        let id = self.samples_first(x, input)?;
        let (mut weights, inputs, depth) = self.below(id, name, hidden, directions, bias.is_some());
        let gates = |data: &[f32]| -> Vec<f32> {
            let block = data.len() / order.len();
            order.iter().flat_map(|gate| &data[gate * block..][..block]).copied().collect()
        };
        for direction in 0..directions {
            let ending = format!("_l{depth}{}", if direction == 1 { "_reverse" } else { "" });
            let mut add = |name: &str, shape: Vec<usize>, data: &[f32]| {
                let array = Array::new(shape, gates(data))?;
                weights.push(named(&format!("{name}{ending}"), Rc::new(array)));
                Some(())
            };
            add("weight_ih", vec![rows, input], &w.data[direction * rows * input..][..rows * input])?;
            add("weight_hh", vec![rows, hidden], &r.data[direction * rows * hidden..][..rows * hidden])?;
            if let Some(bias) = &bias {
                add("bias_ih", vec![rows], &bias.data[2 * direction * rows..][..rows])?;
                add("bias_hh", vec![rows], &bias.data[(2 * direction + 1) * rows..][..rows])?;
            }
        }
        let call = Call::new(name)
            .with("hidden", hidden)
            .unless("1", "layers", depth + 1)
            .unless("false", "bidirectional", directions == 2)
            .unless("true", "bias", bias.is_some());
        let mut shapes = self.layers[id].shapes.clone();
        shapes.iter_mut().for_each(|shape| shape[2] = directions * hidden);
        let [batch, length, width] = shapes[0][..] else { return None };
        let new = self.push(What::Call(call), inputs, weights, shapes.clone());
        // All rows: [length, directions, batch, hidden].
        let all =
            self.whole(new).all_places()?.reshape(vec![batch, length, directions, hidden])?.transpose(&[1, 2, 0, 3])?;
        let shape = |at: usize| vec![shapes[at][1], directions, shapes[at][0], hidden];
        let y = View { of: new, shapes: [shape(0), shape(1)], places: Some(Rc::new(all)) };
        // The last state of each direction: [directions, batch, hidden].
        let place = |at: usize| {
            let (within, sample, direction) = (at % hidden, at / hidden % batch, at / hidden / batch);
            let row = if direction == 0 { length - 1 } else { 0 };
            ((sample * length + row) * width + direction * hidden + within) as u32
        };
        let last = Array::new(vec![directions, batch, hidden], (0..directions * batch * hidden).map(place).collect())?;
        let shape = |at: usize| vec![directions, shapes[at][0], hidden];
        let h = View { of: new, shapes: [shape(0), shape(1)], places: Some(Rc::new(last)) };
        Some(vec![Value::Flow(y), Value::Flow(h)])
    }
    /// Returns the layer with samples first that a view with sequences first is of.
    fn samples_first(&mut self, x: &View, input: usize) -> Option<Id> {
        let layer = &self.layers[x.of].shapes;
        let places = x.all_places()?;
        if let [batch, length, width] = layer[0][..]
            && x.shapes[0] == [length, batch, width]
            && width == input
            && self.whole(x.of).all_places()?.transpose(&[1, 0, 2])? == places
        {
            return Some(x.of);
        }
        let samples = View {
            of: x.of,
            shapes: x.shapes.clone().map(|shape| vec![shape[1], shape[0], shape[2]]),
            places: Some(Rc::new(places.transpose(&[1, 0, 2])?)),
        };
        self.settle(&samples)
    }
    /// Returns the layers below, if they are a part of the same stack: their weights, their input and their number.
    fn below(&self, id: Id, name: &str, hidden: usize, directions: usize, bias: bool) -> (Vec<Weight>, Vec<Id>, usize) {
        let layer = &self.layers[id];
        let same = |layer: &super::network::Layer| match &layer.what {
            What::Call(call) => {
                call.name == name
                    && call.arguments.first().is_some_and(|argument| argument.text == hidden.to_string())
                    && call.has("bidirectional", "true") == (directions == 2)
                    && call.has("bias", "false") != bias
                    && layer.path == self.node.path
            }
            _ => false,
        };
        if same(layer) {
            let depth = layer.weights.iter().filter(|weight| weight.name.starts_with("weight_ih")).count() / directions;
            (layer.weights.clone(), layer.inputs.clone(), depth)
        } else {
            (Vec::new(), vec![id], 0)
        }
    }
}
