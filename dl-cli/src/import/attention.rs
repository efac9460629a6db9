//! Attention, which files spell out as products, a softmax and movements of heads.

use super::array::Array;
use super::images::named;
use super::importer::Importer;
use super::network::{Call, Heads, Id, Value, View, Weight, What};
use std::rc::Rc;

/// The rows of a dense layer that are one of queries, keys and values, from `from` on.
struct Projection {
    layer: Id,
    from: usize,
}

impl Importer {
    /// Recognises the product of attention weights and values.
    pub fn heads(&mut self, weights: &View, values: &View) -> Option<Vec<Value>> {
        let [batch, heads, rows, _] = weights.shapes[0][..] else { return None };
        let [_, _, columns, size] = values.shapes[0][..] else { return None };
        let softmax = &self.layers[weights.of];
        let axis_last = matches!(&softmax.what, What::Call(call) if call.name == "softmax" && call.has("axis", "2"));
        if !axis_last || weights.places.is_some() {
            return None;
        }
        let mut scores = softmax.inputs[0];
        let causal = matches!(self.layers[scores].what, What::Masked);
        if causal {
            scores = self.layers[scores].inputs[0];
        }
        let (scores, factor) = self.scaled(scores);
        let What::Product(queries, keys) = self.layers[scores].what.clone() else { return None };
        let (query_layer, query_factor) = self.scaled(queries.of);
        let (key_layer, key_factor) = self.scaled(keys.of);
        let total = factor * query_factor * key_factor * (size as f64).sqrt();
        if (total - 1.0).abs() > 1e-4 {
            return None;
        }
        let q = self.projection(query_layer, &queries.all_places()?, heads, size)?;
        let k = self.projection(key_layer, &keys.all_places()?.transpose(&[0, 1, 3, 2])?, heads, size)?;
        let v = self.projection(values.of, &values.all_places()?, heads, size)?;
        let input = |projection: &Projection| self.layers[projection.layer].inputs[0];
        let (x, memory) = (input(&q), input(&k));
        if input(&v) != memory || causal && x != memory {
            return None;
        }
        let width = heads * size;
        let part = |projection: &Projection| {
            let weights = &self.layers[projection.layer].weights;
            let matrix = &weights[0].array;
            let inputs = matrix.shape[1];
            let matrix = matrix.data.get(projection.from * inputs..(projection.from + width) * inputs)?.to_vec();
            let bias = match weights.get(1) {
                Some(bias) => Some(bias.array.data.get(projection.from..projection.from + width)?.to_vec()),
                None => None,
            };
            let bias = bias.and_then(|bias| Array::new(vec![width], bias)).map(Rc::new);
            Some((Rc::new(Array::new(vec![width, inputs], matrix)?), bias))
        };
        let projections = [part(&q)?, part(&k)?, part(&v)?];
        let [mut a, mut b] = self.layers[x].shapes.clone();
        if a.len() != 3 || a[..2] != [batch, rows] || self.layers[memory].shapes[0][1] != columns {
            return None;
        }
        (a[2], b[2]) = (width, width);
        let inputs = if x == memory { vec![x] } else { vec![x, memory] };
        let what = What::Heads(Heads { heads, causal, projections });
        let id = self.push(what, inputs, Vec::new(), [a, b.clone()]);
        // The result of the product has the heads before the rows.
        let places = self.whole(id).all_places()?.reshape(vec![batch, rows, heads, size])?.transpose(&[0, 2, 1, 3])?;
        let shapes = [places.shape.clone(), vec![b[0], heads, b[1], size]];
        Some(vec![Value::Flow(View { of: id, shapes, places: Some(Rc::new(places)) })])
    }
    /// Finds which rows of a dense layer the places `[batch, head, row, size]` are.
    fn projection(&self, layer: Id, places: &Array<u32>, heads: usize, size: usize) -> Option<Projection> {
        let What::Call(call) = &self.layers[layer].what else { return None };
        let [batch, rows, width] = self.layers[layer].shapes[0][..] else { return None };
        let from = *places.data.first()? as usize;
        if call.name != "dense" || places.shape != [batch, heads, rows, size] || from + heads * size > width {
            return None;
        }
        let expected = (0..batch * heads * rows * size).map(|at| {
            let (within, row) = (at % size, at / size % rows);
            let (head, sample) = (at / size / rows % heads, at / size / rows / heads);
            (sample * rows + row) * width + from + head * size + within
        });
        expected.eq(places.data.iter().map(|place| *place as usize)).then_some(Projection { layer, from })
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
        let zeros = || Rc::new(Array { shape: vec![width], data: vec![0.0; width] });
        let mut all = Vec::new();
        let parts = heads.projections.iter().cloned().chain([(weights, bias)]);
        for (name, (matrix, bias)) in ["q", "k", "v", "out"].into_iter().zip(parts) {
            all.push(named(&format!("{name}.weight"), matrix));
            if has_bias {
                let bias = bias.unwrap_or_else(zeros);
                all.push(named(
                    &format!("{name}.bias"),
                    Rc::new(Array { shape: vec![width], data: bias.data.clone() }),
                ));
            }
        }
        let call = Call::new(if inputs.len() == 1 { "attention" } else { "cross_attention" });
        let call = call.with("heads", heads.heads).unless("false", "causal", heads.causal);
        let call = if has_bias { call } else { call.named("bias", "false") };
        let (path, class) = (self.layers[id].path.clone(), self.layers[id].class.clone());
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
