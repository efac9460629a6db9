//! Norms of samples: instance, group, layer and RMS normalisation, as operators of their own and as files spell them out.

use super::array::Array;
use super::constants::index;
use super::graph::Node;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Id, Value, View, What, float};
use super::values::weight;
use std::rc::Rc;

/// A normalisation of rows that is spelled out.
struct Spelled {
    /// The rows that are normalised.
    root: Id,
    epsilon: f64,
    /// `true` if their mean becomes 0.
    centred: bool,
}

impl Importer {
    pub fn norm(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        match &*node.operator {
            "LayerNormalization" => self.layer_norm(node, view, inputs),
            "InstanceNormalization" => self.instance_norm(node, view, inputs),
            "GroupNormalization" => {
                let id = self.settle(view)?;
                let (scale, bias) = (weight(inputs.get(1)?.as_ref()?)?, weight(inputs.get(2)?.as_ref()?)?);
                let (channels, groups) = (*self.layers[id].shapes[0].get(1)?, node.size("num_groups")?);
                if groups == 0 || channels % groups != 0 {
                    return None;
                }
                // Before version 21, there was one factor for each group.
                let each = |array: Rc<Array<f32>>| match array.data.len() {
                    len if len == channels => Some(array),
                    len if len == groups => {
                        let data = (0..channels).map(|at| array.data[at / (channels / groups)]).collect();
                        Array::new(vec![channels], data).map(Rc::new)
                    }
                    _ => None,
                };
                let weights = vec![named("weight", each(scale)?), named("bias", each(bias)?)];
                let call = Call::new("group_norm").with("groups", groups);
                let call = call.unless("1e-5", "epsilon", float(node.float("epsilon", 1e-5).into()));
                let shapes = self.layers[id].shapes.clone();
                Some(self.call(call, vec![id], weights, shapes))
            }
            _ => None,
        }
    }
    fn layer_norm(&mut self, node: &Node, x: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let scale = weight(inputs.get(1)?.as_ref()?)?;
        let rank = x.shapes[0].len();
        let features = *x.shapes[0].last()?;
        if index(node.int("axis", -1), rank)? + 1 != rank || scale.shape != [features] {
            return None;
        }
        let bias = match inputs.get(2).and_then(Option::as_ref) {
            Some(bias) => weight(bias)?,
            None => filled(features, 0.0)?,
        };
        let call = Call::new("layer_norm").unless("1e-5", "epsilon", float(node.float("epsilon", 1e-5).into()));
        let id = self.rows_of(x)?;
        let shapes = self.layers[id].shapes.clone();
        let new = self.push(What::Call(call), vec![id], vec![named("weight", scale), named("bias", bias)], shapes);
        Some(vec![Value::Flow(self.after_rows(x, id, new)?)])
    }
    /// Translates the operator that normalises channels, and groups of them where a file puts these into one dimension.
    fn instance_norm(&mut self, node: &Node, view: &View, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let (scale, bias) = (weight(inputs.get(1)?.as_ref()?)?, weight(inputs.get(2)?.as_ref()?)?);
        let [batch, groups, ..] = view.shapes[0][..] else { return None };
        let of_layer = |of: &View, layer: &[usize]| of.places.is_none() && layer.len() > 1 && layer[0] == batch;
        // Whole channels in groups are in the order of the layer.
        let whole = of_layer(view, &self.layers[view.of].shapes[0]);
        let id = if whole { view.of } else { self.settle(view)? };
        let shapes = self.layers[id].shapes.clone();
        let channels = *shapes[0].get(1)?;
        if groups == 0 || channels % groups != 0 || scale.data.len() != groups || bias.data.len() != groups {
            return None;
        }
        let plain = scale.data.iter().all(|scale| *scale == 1.0) && bias.data.iter().all(|bias| *bias == 0.0);
        let epsilon = float(node.float("epsilon", 1e-5).into());
        let (call, weights) = match (groups == channels, plain) {
            (true, true) => (Call::new("instance_norm"), Vec::new()),
            (true, false) => {
                (Call::new("instance_norm").named("affine", "true"), vec![named("weight", scale), named("bias", bias)])
            }
            (false, true) => {
                let weights = vec![named("weight", filled(channels, 1.0)?), named("bias", filled(channels, 0.0)?)];
                (Call::new("group_norm").with("groups", groups), weights)
            }
            (false, false) => return None,
        };
        let new = self.push(What::Call(call.unless("1e-5", "epsilon", epsilon)), vec![id], weights, shapes);
        let shapes = if whole { view.shapes.clone() } else { self.layers[new].shapes.clone() };
        Some(vec![Value::Flow(self.whole(new).reshaped(shapes)?)])
    }
    /// Makes what a file multiplies by, or adds, after a norm a part of it: `own` is without the batch.
    pub fn after_norm(&mut self, op: char, id: Id, own: &Array<f32>) -> Option<Vec<Value>> {
        if op == '*'
            && let Some(spelled) = self.spelled(id)
        {
            return self.spelled_norm(spelled, own);
        }
        let layer = self.layers[id].clone();
        let What::Call(mut call) = layer.what else { return None };
        let of_channels =
            matches!(call.name, "instance_norm" | "group_norm") && layer.operator == "InstanceNormalization";
        let of_rows = call.name == "layer_norm" && matches!(&*layer.operator, "Mul" | "Div");
        let axis = if of_channels { 1 } else { layer.shapes[0].len() - 1 };
        let size = *layer.shapes[0].get(axis)?;
        // One number for each channel, and the same along all other dimensions.
        let along = own.shape.len() + axis == layer.shapes[0].len() && own.shape.first() == Some(&size);
        if !of_channels && !of_rows || !along || own.data.len() != size {
            return None;
        }
        let mut weights = layer.weights;
        if weights.is_empty() {
            call.arguments.insert(0, Call::new("").named("affine", "true").arguments.remove(0));
            weights = vec![named("weight", filled(size, 1.0)?), named("bias", filled(size, 0.0)?)];
        }
        let fresh = |at: usize, number: f32| weights[at].array.data.iter().all(|own| *own == number);
        let at = match op {
            '*' if fresh(0, 1.0) && fresh(1, 0.0) => 0,
            '+' if fresh(1, 0.0) => 1,
            _ => return None,
        };
        weights[at].array = Rc::new(Array::new(vec![size], own.data.clone())?);
        let new = self.push(What::Call(call), layer.inputs, weights, layer.shapes);
        // The operator says that a bias may follow.
        self.layers[new].operator = layer.operator;
        Some(vec![Value::Flow(self.whole(new))])
    }
    /// Makes a norm of one that is spelled out, and of its factors.
    fn spelled_norm(&mut self, spelled: Spelled, own: &Array<f32>) -> Option<Vec<Value>> {
        let shapes = self.layers[spelled.root].shapes.clone();
        let features = *shapes[0].last()?;
        if own.data.len() != features || own.shape.last() != Some(&features) {
            return None;
        }
        let scale = named("weight", Rc::new(Array::new(vec![features], own.data.clone())?));
        let (call, weights) = if spelled.centred {
            let bias = named("bias", filled(features, 0.0)?);
            (Call::new("layer_norm").unless("1e-5", "epsilon", float(spelled.epsilon)), vec![scale, bias])
        } else {
            (Call::new("rms_norm").unless("1.1920929e-7", "epsilon", float(spelled.epsilon)), vec![scale])
        };
        Some(self.call(call, vec![spelled.root], weights, shapes))
    }
    /// Recognises rows that are divided by the root of their mean square.
    fn spelled(&self, id: Id) -> Option<Spelled> {
        let layer = &self.layers[id];
        let (What::Binary(op), &[rows, divisor]) = (&layer.what, &layer.inputs[..]) else { return None };
        let of = |id: Id| (&self.layers[id].what, &self.layers[id].inputs[..]);
        let root = match (op, of(divisor)) {
            ('/', _) => divisor,
            ('*', (What::Scalar('/', 1.0, true), &[root])) => root,
            _ => return None,
        };
        let call = |id: Id, name: &str| match of(id) {
            (What::Call(call), &[x]) if call.name == name => Some(x),
            _ => None,
        };
        let (What::Scalar('+', epsilon, _), &[mean]) = of(call(root, "sqrt")?) else { return None };
        let square = self.mean_of_rows(mean)?;
        let squared = call(square, "square").or_else(|| match of(square) {
            (What::Binary('*'), &[a, b]) if a == b => Some(a),
            _ => None,
        });
        if squared != Some(rows) {
            return None;
        }
        let centred = match of(rows) {
            (What::Binary('-'), &[x, mean]) => self.mean_of_rows(mean).filter(|of| *of == x),
            _ => None,
        };
        Some(Spelled { root: centred.unwrap_or(rows), epsilon: *epsilon, centred: centred.is_some() })
    }
    /// Returns the rows whose mean a layer is, as a last dimension of size 1.
    fn mean_of_rows(&self, id: Id) -> Option<Id> {
        let layer = &self.layers[id];
        let (What::Call(call), &[x]) = (&layer.what, &layer.inputs[..]) else { return None };
        let last = (self.layers[x].shapes[0].len().checked_sub(2)?).to_string();
        (call.name == "mean" && call.has("axis", &last) && call.has("keep", "true")).then_some(x)
    }
}

/// Returns so many equal numbers.
fn filled(len: usize, number: f32) -> Option<Rc<Array<f32>>> {
    Array::new(vec![len], vec![number; len]).map(Rc::new)
}
