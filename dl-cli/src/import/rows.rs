//! Layers that work on each row: dense layers, embeddings and learned positions.

use super::array::Array;
use super::graph::Node;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Id, Value, View, What};
use super::values::weight;
use std::rc::Rc;

impl Importer {
    pub fn rows(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        match (&*node.operator, inputs) {
            ("Gemm", [Some(Value::Flow(x)), Some(weights), bias @ ..]) => {
                let one = |name: &str| node.float(name, 1.0) == 1.0;
                if !one("alpha") || !one("beta") || node.int("transA", 0) != 0 {
                    return None;
                }
                let weights = weight(weights)?;
                let weights = if node.int("transB", 0) == 0 { Rc::new(weights.transpose(&[1, 0])?) } else { weights };
                let bias =
                    bias.first().and_then(Option::as_ref).map(weight).map_or(Some(None), |bias| bias.map(Some))?;
                let x = x.clone();
                self.dense(&x, weights, bias)
            }
            ("MatMul", [Some(Value::Flow(x)), Some(weights @ (Value::Weight(_) | Value::Constant(_)))]) => {
                let weights = Rc::new(weight(weights)?.transpose(&[1, 0])?);
                let x = x.clone();
                self.dense(&x, weights, None)
            }
            ("MatMul", [Some(Value::Flow(a)), Some(Value::Flow(b))]) => {
                let (a, b) = (a.clone(), b.clone());
                self.product(&a, &b)
            }
            ("Gather", [Some(Value::Weight(table)), Some(Value::Flow(tokens))]) if node.int("axis", 0) == 0 => {
                let [vocabulary, features] = table.shape[..] else { return None };
                let id = self.settle(tokens)?;
                let call = Call::new("embedding").with("vocabulary", vocabulary).with("features", features);
                let shapes = self.layers[id].shapes.clone().map(|shape| [shape, vec![features]].concat());
                Some(self.call(call, vec![id], vec![named("weight", table.clone())], shapes))
            }
            _ => None,
        }
    }
    /// Returns the layer whose rows are those of a view, in any order.
    pub fn rows_of(&mut self, view: &View) -> Option<Id> {
        let width = *view.shapes[0].last()?;
        let layer = &self.layers[view.of].shapes[0];
        // Fewer rows are taken first, because they are less work.
        let all = layer.iter().product::<usize>() == view.shapes[0].iter().product::<usize>();
        if layer.last() == Some(&width) && all && rows(view, width).is_some() {
            return Some(view.of);
        }
        self.settle(view)
    }
    /// Returns the view of `new`, which has the rows of `old` with another number of elements, that is to a view of `old` what that was.
    pub fn after_rows(&self, view: &View, old: Id, new: Id) -> Option<View> {
        if old != view.of {
            return Some(self.whole(new));
        }
        let width = *self.layers[new].shapes[0].last()?;
        let mut shapes = view.shapes.clone();
        shapes.iter_mut().for_each(|shape| *shape.last_mut().expect("a row") = width);
        let rows = rows(view, *view.shapes[0].last()?)?;
        let places = match rows {
            None => None,
            Some(rows) => {
                let data = rows.iter().flat_map(|row| (0..width).map(move |at| (row * width + at) as u32)).collect();
                Some(Rc::new(Array::new(shapes[0].clone(), data)?))
            }
        };
        Some(View { of: new, shapes, places })
    }
    fn dense(&mut self, x: &View, weights: Rc<Array<f32>>, bias: Option<Rc<Array<f32>>>) -> Option<Vec<Value>> {
        let [outputs, inputs] = weights.shape[..] else { return None };
        if *x.shapes[0].last()? != inputs || bias.as_ref().is_some_and(|bias| bias.data.len() != outputs) {
            return None;
        }
        let id = self.rows_of(x)?;
        if let What::Heads(heads) = &self.layers[id].what {
            let heads = heads.clone();
            let new = self.attention(id, &heads, weights, bias)?;
            return Some(vec![Value::Flow(self.after_rows(x, id, new)?)]);
        }
        let mut shapes = self.layers[id].shapes.clone();
        shapes.iter_mut().for_each(|shape| *shape.last_mut().expect("a row") = outputs);
        let tied = self.layers.iter().position(|layer| {
            matches!(&layer.what, What::Call(call) if call.name == "embedding")
                && layer.weights[0].array.data == weights.data
        });
        let new = if let Some(embedding) = tied.filter(|_| bias.is_none()) {
            let call = Call::new("unembedding").with_layer(embedding);
            self.push(What::Call(call), vec![id], Vec::new(), shapes)
        } else {
            let call = Call::new("dense").with("outputs", outputs);
            // Images and volumes would be dense along their channels.
            let call = if shapes[0].len() > 3 { call.named("axis", "-1") } else { call };
            let call = if bias.is_some() { call } else { call.named("bias", "false") };
            let mut all = vec![named("weight", weights)];
            all.extend(
                bias.map(|bias| named("bias", Rc::new(Array { shape: vec![outputs], data: bias.data.clone() }))),
            );
            self.push(What::Call(call), vec![id], all, shapes)
        };
        Some(vec![Value::Flow(self.after_rows(x, id, new)?)])
    }
    /// Adds the bias to a dense layer or to attention, which the file adds by itself.
    pub fn biased(&mut self, x: &View, bias: &Value) -> Option<Vec<Value>> {
        let bias = weight(bias)?;
        let layer = self.layers[x.of].clone();
        let What::Call(mut call) = layer.what else { return None };
        let outputs = *x.shapes[0].last()?;
        let is_row = bias.data.len() == outputs && bias.shape.last() == Some(&outputs);
        if matches!(call.name, "attention" | "cross_attention") && is_row {
            let weights = super::attention::biased(layer.weights, &bias.data)?;
            call.arguments.retain(|argument| argument.name != Some("bias"));
            let new = self.push(What::Call(call), layer.inputs, weights, layer.shapes);
            let last = self.layers.last_mut()?;
            (last.path, last.class, last.own) = (layer.path, layer.class, layer.own);
            return Some(vec![Value::Flow(View { of: new, ..x.clone() })]);
        }
        if call.name != "dense" || !call.has("bias", "false") || !is_row || *layer.shapes[0].last()? != outputs {
            return None;
        }
        call.arguments.retain(|argument| argument.name != Some("bias"));
        let mut weights = layer.weights;
        weights.push(named("bias", Rc::new(Array { shape: vec![outputs], data: bias.data.clone() })));
        let new = self.push(What::Call(call), layer.inputs, weights, layer.shapes);
        Some(vec![Value::Flow(View { of: new, ..x.clone() })])
    }
    /// Adds learned positions.
    pub fn positioned(&mut self, x: &View, table: &Value) -> Option<Vec<Value>> {
        let [_, length, features] = x.shapes[0][..] else { return None };
        if let Value::Constant(table) = table
            && let Some(order) = sinusoids(&table[0].array, length, features)
        {
            let id = self.settle(x)?;
            let call = Call::new("sinusoidal_positions").unless("alternating", "order", order);
            let shapes = self.layers[id].shapes.clone();
            return Some(self.call(call, vec![id], Vec::new(), shapes));
        }
        let mut path = Vec::new();
        let table = match table {
            Value::Positions(table, module) => {
                path.clone_from(module);
                table.clone()
            }
            Value::Weight(table) if matches!(table.shape[..], [1, t, f] | [t, f] if t == length && f == features && t > 1 && length == x.shapes[1][1]) =>
            {
                let learned = |name: &&String| matches!(self.values.get(*name), Some(Value::Weight(_)));
                let name = self.node.inputs.iter().find(learned).filter(|name| !name.starts_with("val_"));
                path = name.map_or(Vec::new(), |name| name.split('.').map(String::from).collect());
                // The table of an embedding.
                if path.len() > 1 && path.last().is_some_and(|last| last == "weight") {
                    path.pop();
                }
                Rc::new(table.reshape(vec![length, features])?)
            }
            _ => return None,
        };
        if table.shape.get(1) != Some(&features) || table.shape[0] < length {
            return None;
        }
        let id = self.settle(x)?;
        // A sequence of a fixed length has as many positions.
        let fixed = x.shapes[0][1] == x.shapes[1][1];
        let rows = if fixed { length } else { table.shape[0] };
        let table = Rc::new(Array::new(vec![rows, features], table.data[..rows * features].to_vec())?);
        let shapes = self.layers[id].shapes.clone();
        let values = self.call(Call::new("learned_positions"), vec![id], vec![named("weight", table)], shapes);
        let layer = self.layers.last_mut()?;
        // The node that adds is in the module around them.
        layer.own = !path.is_empty();
        if layer.own {
            layer.path = path;
        }
        Some(values)
    }
    /// Keeps a product of two results, which attention is made of.
    fn product(&mut self, a: &View, b: &View) -> Option<Vec<Value>> {
        if let Some(heads) = self.heads(a, b) {
            return Some(heads);
        }
        let ([.., m, k], [.., l, n]) = (&a.shapes[0][..], &b.shapes[0][..]) else { return None };
        if k != l || a.shapes[0].len() != b.shapes[0].len() {
            return None;
        }
        let shape = |at: usize| {
            let (left, right) = (&a.shapes[at], &b.shapes[at]);
            [&left[..left.len() - 1], &right[right.len() - 1..]].concat()
        };
        let shapes = [shape(0), shape(1)];
        debug_assert_eq!(shapes[0][shapes[0].len() - 2..], [*m, *n]);
        let id = self.push(What::Product(a.clone(), b.clone()), vec![a.of, b.of], Vec::new(), shapes);
        Some(vec![Value::Flow(self.whole(id))])
    }
    /// Returns the number that a layer multiplies by, and what it multiplies.
    pub fn scaled(&self, id: Id) -> (Id, f64) {
        match &self.layers[id].what {
            What::Scalar('*', number, _) => (self.layers[id].inputs[0], *number),
            What::Scalar('/', number, false) => (self.layers[id].inputs[0], 1.0 / number),
            _ => (id, 1.0),
        }
    }
}

/// Returns the order of the sines and cosines of positions, if a table is these.
fn sinusoids(table: &Array<f64>, length: usize, features: usize) -> Option<&'static str> {
    let sizes = table.shape.iter().skip_while(|size| **size == 1).copied();
    if !sizes.eq([length, features]) || length < 2 || !features.is_multiple_of(2) {
        return None;
    }
    let half = features / 2;
    ["alternating", "halves"].into_iter().find(|order| {
        table.data.iter().enumerate().all(|(at, number)| {
            let (row, feature) = (at / features, at % features);
            let (pair, sine) =
                if *order == "halves" { (feature % half, feature < half) } else { (feature / 2, feature % 2 == 0) };
            let angle = row as f64 * 1e4_f64.powf(-2.0 * pair as f64 / features as f64);
            (number - if sine { angle.sin() } else { angle.cos() }).abs() < 1e-4
        })
    })
}

/// Returns the rows that a view has, in its order; `Some(None)` if they are all, in order, and `None` if they are no whole rows.
#[expect(clippy::option_option, reason = "all rows are told from none")]
fn rows(view: &View, width: usize) -> Option<Option<Vec<usize>>> {
    let Some(places) = &view.places else { return Some(None) };
    let mut rows = Vec::new();
    for row in places.data.chunks(width) {
        let first = *row.first()? as usize;
        let whole =
            first.is_multiple_of(width) && row.iter().enumerate().all(|(at, place)| *place as usize == first + at);
        if !whole {
            return None;
        }
        rows.push(first / width);
    }
    Some(Some(rows))
}
