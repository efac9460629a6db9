//! LSTM, GRU and RNN: one node for each layer, whose gates ONNX has in another order than PyTorch.

use super::Lowering;
use super::emit::{int, ints, text};
use crate::file::pt2::schema::{Argument, Node};
use dl_onnx::TensorProto;
use dl_onnx::tensor_proto::DataType;

/// A kind of layer in ONNX.
struct Kind {
    operator: &'static str,
    /// The gate of PyTorch that each gate of ONNX is.
    gates: &'static [usize],
    /// The number of states.
    states: usize,
}

impl Lowering<'_> {
    pub fn recurrent(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        let kind = match family {
            // i, o, f, c of i, f, g, o.
            "lstm" => Kind { operator: "LSTM", gates: &[0, 3, 1, 2], states: 2 },
            // z, r, h of r, z, n.
            "gru" => Kind { operator: "GRU", gates: &[1, 0, 2], states: 1 },
            "rnn_tanh" => Kind { operator: "RNN", gates: &[0], states: 1 },
            _ => return None,
        };
        // Packed sequences have other arguments.
        let params = self.names(node.argument("params")?)?;
        let starts = self.names(node.argument("hx")?)?;
        let (layers, bias) = (node.int("num_layers", 1)?, node.flag("has_biases", true)?);
        let directions = if node.flag("bidirectional", false)? { 2 } else { 1 };
        let batch_first = node.flag("batch_first", false)?;
        if self.rank(node.input()?)? != 3 {
            return self.refuse("of one sample without a batch");
        }
        let each = if bias { 4 } else { 2 };
        if node.number("dropout", 0.0)? != 0.0 && node.flag("train", false)? {
            return self.refuse("of a network in training; export it after `model.eval()`");
        }
        let layers = usize::try_from(layers).ok()?;
        if params.len() != layers.checked_mul(directions)?.checked_mul(each)? || starts.len() != kind.states {
            return self.refuse("with projections or other weights");
        }
        let mut x = self.x(node)?;
        if batch_first {
            x = self.emit("Transpose", &[&x], vec![ints("perm", &[1, 0, 2])]);
        }
        let mut last: Vec<Vec<String>> = vec![Vec::new(); kind.states];
        for weights in params.chunks(directions * each) {
            let part = |at: usize| -> Vec<&String> { weights.iter().skip(at).step_by(each).collect() };
            let (w, hidden) = self.gates(&kind, &[part(0)])?;
            let (r, _) = self.gates(&kind, &[part(1)])?;
            let b = if bias { self.gates(&kind, &[part(2), part(3)])?.0 } else { String::new() };
            let mut inputs: Vec<&str> = vec![&x, &w, &r, &b, ""];
            // The states of all layers: the importer only takes zeros.
            inputs.extend(starts.iter().map(|start| &**start));
            let mut attributes = vec![
                int("hidden_size", hidden),
                text("direction", if directions == 2 { "bidirectional" } else { "forward" }),
            ];
            if kind.operator == "GRU" {
                attributes.push(int("linear_before_reset", 1));
            }
            let results = self.emit_all(kind.operator, &inputs, attributes, 1 + kind.states);
            let rows = self.emit("Transpose", &[&results[0]], vec![ints("perm", &[0, 2, 1, 3])]);
            let shape = self.list(&[0, 0, -1]);
            x = self.emit("Reshape", &[&rows, &shape], Vec::new());
            last.iter_mut().zip(&results[1..]).for_each(|(all, state)| all.push(state.clone()));
        }
        if batch_first {
            x = self.emit("Transpose", &[&x], vec![ints("perm", &[1, 0, 2])]);
        }
        let mut all = vec![x];
        for states in last {
            let joined = match &states[..] {
                [state] => state.clone(),
                several => {
                    let several: Vec<&str> = several.iter().map(|state| &**state).collect();
                    self.emit("Concat", &several, vec![int("axis", 0)])
                }
            };
            self.states.insert(joined.clone(), states);
            all.push(joined);
        }
        Some(all)
    }
    /// Returns the layer and the direction whose last state is at an index, instead of what joins the states of all layers.
    pub fn state(&self, all: &str, states: i64, index: i64) -> Option<(String, i64)> {
        let layers = self.states.get(all)?;
        let directions = states.checked_div(i64::try_from(layers.len()).ok()?)?;
        let index = if index < 0 { index.checked_add(states)? } else { index };
        let layer = layers.get(usize::try_from(index.checked_div(directions)?).ok()?)?;
        Some((layer.clone(), index % directions))
    }
    /// Returns the names in the graph of ONNX of a list of tensors.
    fn names(&self, argument: &Argument) -> Option<Vec<String>> {
        match argument {
            Argument::Tensors(names) => names.iter().map(|name| self.of(name.as_deref()?)).collect(),
            Argument::Tensor(name) => Some(vec![self.of(name)?]),
            _ => None,
        }
    }
    /// Joins the weights of both directions, with their gates in the order of ONNX; returns them, and the size of a gate. Biases have two
    /// kinds, one behind the other.
    fn gates(&mut self, kind: &Kind, kinds: &[Vec<&String>]) -> Option<(String, i64)> {
        let directions = kinds.first()?.len();
        let find = |name: &String| -> Option<TensorProto> {
            self.graph.initializer.iter().find(|tensor| tensor.name() == name).cloned()
        };
        let mut bytes: Vec<u8> = Vec::new();
        let mut first: Option<TensorProto> = None;
        for direction in 0..directions {
            for names in kinds {
                let tensor = find(names.get(direction)?)?;
                let raw = tensor.raw_data.clone()?;
                let (gate, rest) = (raw.len() / kind.gates.len(), raw.len() % kind.gates.len());
                let other = first
                    .as_ref()
                    .is_some_and(|first| first.dims != tensor.dims || first.data_type != tensor.data_type);
                if rest != 0 || other {
                    return None;
                }
                kind.gates.iter().for_each(|at| bytes.extend_from_slice(&raw[at * gate..][..gate]));
                first.get_or_insert(tensor);
            }
        }
        let first = first?;
        let (rows, columns) = first.dims.split_first()?;
        let shape = [&[directions as i64, rows.checked_mul(kinds.len() as i64)?], columns].concat();
        let data_type = DataType::try_from(first.data_type()).ok()?;
        let name = self.made();
        Some((self.tensor(name, &shape, data_type, bytes.into()), rows / kind.gates.len() as i64))
    }
}
