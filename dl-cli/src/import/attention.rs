//! Attention, which files spell out as products, a softmax and movements of heads.

use super::array::Array;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Heads, Id, Value, View, Weight, What, float};
use super::rotary::Rotation;
use std::rc::Rc;

/// The rows of a dense layer that are one of queries, keys and values, from `from` on.
struct Rows {
    layer: Id,
    from: usize,
    heads: usize,
    rotation: Option<Rotation>,
}

impl Importer {
    /// Recognises the product of attention weights and values.
    pub fn heads(&mut self, weights: &View, values: &View) -> Option<Vec<Value>> {
        let softmax = &self.layers[weights.of];
        let last = (weights.shapes[0].len().checked_sub(2)?).to_string();
        let axis_last = matches!(&softmax.what, What::Call(call) if call.name == "softmax" && call.has("axis", &last));
        if !axis_last || weights.places.is_some() {
            return None;
        }
        let mut scores = softmax.inputs[0];
        let sight = match self.layers[scores].what {
            What::Masked(sight) => Some(sight),
            _ => None,
        };
        if sight.is_some() {
            scores = self.layers[scores].inputs[0];
        }
        let (scores, factor) = self.scaled(scores);
        let What::Product(queries, keys) = self.layers[scores].what.clone() else { return None };
        // With the queries of each head of keys in a dimension of their own, there are five.
        let grouped = weights.shapes[0].len() == 5;
        let (queries, keys, values) = (flat(&queries)?, flat(&keys)?, flat(values)?);
        let (queries, query_factor) = self.unscaled(&queries);
        let (keys, key_factor) = self.unscaled(&keys);
        let [batch, heads, rows, size] = queries.shapes[0][..] else { return None };
        let [_, _, columns, _] = values.shapes[0][..] else { return None };
        let total = factor * query_factor * key_factor * (size as f64).sqrt();
        if (total - 1.0).abs() > 1e-4 || values.shapes[0][3] != size {
            return None;
        }
        let q = self.projection(&queries, heads)?;
        let k = self.projection(&turned(&keys)?, heads)?;
        let v = self.projection(&values, heads)?;
        let input = |projection: &Rows| self.layers[projection.layer].inputs[0];
        let (x, memory) = (input(&q), input(&k));
        let alike = k.heads == v.heads && q.heads == heads && q.rotation == k.rotation && v.rotation.is_none();
        if input(&v) != memory || x != memory && (sight.is_some() || q.rotation.is_some()) || !alike {
            return None;
        }
        let part = |projection: &Rows| {
            let weights = &self.layers[projection.layer].weights;
            let (matrix, from, width) = (&weights[0].array, projection.from, projection.heads * size);
            let inputs = matrix.shape[1];
            let order = match projection.rotation {
                Some(rotation) => rotation.order(projection.heads, size),
                None => (0..width).collect(),
            };
            let row = |at: &usize| matrix.data.get((from + at) * inputs..(from + at + 1) * inputs);
            let data = order.iter().map(row).collect::<Option<Vec<_>>>()?.concat();
            let bias = match weights.get(1) {
                Some(bias) => {
                    let data = order.iter().map(|at| bias.array.data.get(from + at).copied()).collect::<Option<_>>()?;
                    Some(Rc::new(Array::new(vec![width], data)?))
                }
                None => None,
            };
            Some((Rc::new(Array::new(vec![width, inputs], data)?), bias))
        };
        let projections = [part(&q)?, part(&k)?, part(&v)?];
        let width = heads * size;
        let [mut a, mut b] = self.layers[x].shapes.clone();
        if a.len() != 3 || a[..2] != [batch, rows] || self.layers[memory].shapes[0][1] != columns {
            return None;
        }
        (a[2], b[2]) = (width, width);
        let inputs = if x == memory { vec![x] } else { vec![x, memory] };
        let path = self.around(&[q.layer, k.layer, v.layer]);
        let rotary = q.rotation.map(|rotation| rotation.base);
        let kv_heads = k.heads;
        let what = What::Heads(Heads { heads, kv_heads, sight, rotary, path, projections });
        let id = self.push(what, inputs, Vec::new(), [a, b.clone()]);
        // The result of the product has the heads before the rows.
        let places = self.whole(id).all_places()?.reshape(vec![batch, rows, heads, size])?.transpose(&[0, 2, 1, 3])?;
        let view = View {
            of: id,
            shapes: [places.shape.clone(), vec![b[0], heads, b[1], size]],
            places: Some(Rc::new(places)),
        };
        if !grouped {
            return Some(vec![Value::Flow(view)]);
        }
        let shapes = [0, 1].map(|at| {
            let (of, weights) = (&view.shapes[at], &weights.shapes[at]);
            vec![of[0], weights[1], weights[2], of[2], of[3]]
        });
        Some(vec![Value::Flow(view.reshaped(shapes)?)])
    }
    /// Returns a view of what a layer multiplies by a number, and the number.
    fn unscaled(&self, view: &View) -> (View, f64) {
        let (of, factor) = self.scaled(view.of);
        (View { of, ..view.clone() }, factor)
    }
    /// Returns the module that the names of some layers share, without their own names.
    fn around(&self, layers: &[Id]) -> Vec<String> {
        let own = |id: &Id| self.layers[*id].path.split_last().map(|(_, around)| around.to_vec());
        match layers.split_first() {
            Some((first, rest)) if rest.iter().all(|id| own(id) == own(first)) => own(first).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
    /// Finds which rows of a dense layer a view `[batch, head, row, size]` is; several heads may be the same one.
    fn projection(&self, view: &View, heads: usize) -> Option<Rows> {
        let (layer, places, rotation) = self.rotated(view)?;
        let What::Call(call) = &self.layers[layer].what else { return None };
        let [batch, rows, width] = self.layers[layer].shapes[0][..] else { return None };
        let [_, own, _, size] = places.shape[..] else { return None };
        let from = *places.data.first()? as usize;
        let of_head = |head: usize| places.data.get(head * rows * size).copied();
        let shared = (1..own).take_while(|head| of_head(*head) == of_head(0)).count() + 1;
        // Keys with fewer heads than the queries may be repeated in the file or not.
        let distinct = own / shared;
        let from_file = places.shape == [batch, own, rows, size] && own % shared == 0 && heads.is_multiple_of(distinct);
        if call.name != "dense" || !from_file || from + distinct * size > width {
            return None;
        }
        let expected = (0..batch * own * rows * size).map(|at| {
            let (within, row) = (at % size, at / size % rows);
            let (head, sample) = (at / size / rows % own / shared, at / size / rows / own);
            (sample * rows + row) * width + from + head * size + within
        });
        let same = expected.eq(places.data.iter().map(|place| *place as usize));
        same.then_some(Rows { layer, from, heads: distinct, rotation })
    }
    /// Makes attention of its heads and the last projection.
    pub fn attention(
        &mut self,
        id: Id,
        heads: &Heads,
        weights: Rc<Array<f32>>,
        bias: Option<Rc<Array<f32>>>,
    ) -> Option<Id> {
        let inputs = self.layers[id].inputs.clone();
        let width = *self.layers[id].shapes[0].last()?;
        let features = *self.layers[inputs[0]].shapes[0].last()?;
        if weights.shape != [features, width] || width != features {
            return None;
        }
        let has_bias = bias.is_some() || heads.projections.iter().any(|(_, bias)| bias.is_some());
        let zeros = |len: usize| Rc::new(Array { shape: vec![len], data: vec![0.0; len] });
        let mut all = Vec::new();
        let parts = heads.projections.iter().cloned().chain([(weights, bias)]);
        for (name, (matrix, bias)) in ["q", "k", "v", "out"].into_iter().zip(parts) {
            let outputs = matrix.shape[0];
            all.push(named(&format!("{name}.weight"), matrix));
            if has_bias {
                let bias = bias.unwrap_or_else(|| zeros(outputs));
                all.push(named(
                    &format!("{name}.bias"),
                    Rc::new(Array { shape: vec![outputs], data: bias.data.clone() }),
                ));
            }
        }
        let call = Call::new(if inputs.len() == 1 { "attention" } else { "cross_attention" });
        let call = call.with("heads", heads.heads).unless("false", "causal", heads.sight.is_some());
        let call = call.unless(&heads.heads.to_string(), "kv_heads", heads.kv_heads);
        let call = match heads.sight.and_then(|sight| sight.window) {
            Some(window) => call.named("window", window),
            None => call,
        };
        let call = match heads.rotary {
            Some(base) => call.named("rotary", float(base)),
            None => call,
        };
        let call = if has_bias { call } else { call.named("bias", "false") };
        let (mut path, class) = (self.layers[id].path.clone(), self.layers[id].class.clone());
        if path.is_empty() {
            path.clone_from(&heads.path);
        }
        let shapes = self.layers[inputs[0]].shapes.clone();
        let new = self.push(What::Call(call), inputs, all, shapes);
        let layer = &mut self.layers[new];
        (layer.own, layer.path, layer.class) = (!path.is_empty(), path, class);
        Some(new)
    }
}

/// Adds to the bias of the last projection. Attention without biases gets zeros for the others.
pub fn biased(weights: Vec<Weight>, more: &[f32]) -> Option<Vec<Weight>> {
    let mut all = Vec::new();
    for part in ["q", "k", "v", "out"] {
        let find = |name: &str| weights.iter().find(|weight| weight.name == format!("{part}.{name}"));
        let matrix = find("weight")?.clone();
        let mut bias = match find("bias") {
            Some(bias) => (*bias.array).clone(),
            None => Array::new(vec![matrix.array.shape[0]], vec![0.0; matrix.array.shape[0]])?,
        };
        if part == "out" {
            bias.data.iter_mut().zip(more).for_each(|(bias, more)| *bias += more);
        }
        all.extend([matrix, named(&format!("{part}.bias"), Rc::new(bias))]);
    }
    Some(all)
}

/// Returns a view of five dimensions as one of four: the second and third are heads.
fn flat(view: &View) -> Option<View> {
    if view.shapes[0].len() != 5 {
        return Some(view.clone());
    }
    let [a, b] = [0, 1].map(|at| {
        let shape = &view.shapes[at];
        vec![shape[0], shape[1] * shape[2], shape[3], shape[4]]
    });
    view.reshaped([a, b])
}

/// Returns a view with its last two dimensions in the other order.
fn turned(view: &View) -> Option<View> {
    let places = view.all_places()?.transpose(&[0, 1, 3, 2])?;
    let shapes = view.shapes.clone().map(|shape| vec![shape[0], shape[1], shape[3], shape[2]]);
    Some(View { of: view.of, shapes, places: Some(Rc::new(places)) })
}
