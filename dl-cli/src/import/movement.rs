//! Operations that only move elements: they become views of the layer whose elements they are, and source only where it is needed.

use super::array::{Array, size};
use super::constants::{axes, index, order, reshaped, slices, squeezed, unsqueezed};
use super::graph::Node;
use super::importer::Importer;
use super::network::{Call, Id, Shapes, Value, View, What};
use super::values::constants;
use std::rc::Rc;

impl View {
    /// Returns the places of all elements.
    pub fn all_places(&self) -> Option<Array<u32>> {
        match &self.places {
            Some(places) => Some((**places).clone()),
            None => Array::new(self.shapes[0].clone(), (0..u32::try_from(size(&self.shapes[0])?).ok()?).collect()),
        }
    }
    /// Returns a view of elements at these places, which are left out if they are all in order.
    fn at(&self, shapes: Shapes, places: Array<u32>, whole: usize) -> View {
        let in_order =
            places.data.len() == whole && places.data.iter().enumerate().all(|(at, place)| at == *place as usize);
        View { of: self.of, shapes, places: (!in_order).then(|| Rc::new(places)) }
    }
    /// Returns the same elements in other shapes.
    pub fn reshaped(&self, shapes: Shapes) -> Option<View> {
        let places = match &self.places {
            Some(places) => Some(Rc::new(places.reshape(shapes[0].clone())?)),
            None => None,
        };
        Some(View { of: self.of, shapes, places })
    }
}

/// Applies a function to the shapes for both choices of sizes.
fn both(mut f: impl FnMut(usize) -> Option<Vec<usize>>) -> Option<Shapes> {
    Some([f(0)?, f(1)?])
}

impl Importer {
    /// Translates what only moves elements.
    pub fn moved(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let Some(Some(Value::Flow(view))) = inputs.first() else { return self.expanded(node, inputs) };
        let view = view.clone();
        let whole = size(&self.layers[view.of].shapes[0])?;
        let second = |at: usize| inputs.get(at).and_then(Option::as_ref).and_then(constants);
        let rank = view.shapes[0].len();
        let moved = match &*node.operator {
            "Identity" | "Dropout" => view,
            // Between kinds of whole or of other numbers.
            "Cast" => {
                let (from_whole, to_float) =
                    (self.layers[view.of].operator == "u32", matches!(node.int("to", 1), 1 | 10 | 11 | 16));
                if from_whole == to_float {
                    return None;
                }
                view
            }
            "Reshape" => {
                let to = second(1)?;
                let zero = node.int("allowzero", 0) != 0;
                view.reshaped(both(|at| reshaped(&view.shapes[at], &to[at], zero))?)?
            }
            "Flatten" => {
                let axis = index(node.int("axis", 1), rank)?;
                view.reshaped(both(|at| {
                    let (rows, columns) = view.shapes[at].split_at_checked(axis)?;
                    Some(vec![size(rows)?, size(columns)?])
                })?)?
            }
            "Unsqueeze" => {
                let axes = axes(node, second(1).as_ref().map(|pair| &pair[0]))?;
                view.reshaped(both(|at| unsqueezed(&view.shapes[at], &axes))?)?
            }
            "Squeeze" => {
                let axes = axes(node, second(1).as_ref().map(|pair| &pair[0]));
                view.reshaped(both(|at| squeezed(&view.shapes[at], axes.clone()))?)?
            }
            "Transpose" => {
                let order = order(node, rank)?;
                let shapes = both(|at| order.iter().map(|axis| view.shapes[at].get(*axis).copied()).collect())?;
                let places = view.all_places()?.transpose(&order)?;
                view.at(shapes, places, whole)
            }
            "Slice" => {
                let inputs: Vec<_> = (0..inputs.len()).map(second).collect();
                let of = |at: usize| {
                    let inputs: Vec<_> = inputs.iter().map(|input| input.as_ref().map(|pair| &pair[at])).collect();
                    slices(node, &view.shapes[at], &inputs)
                };
                let kept = [of(0)?, of(1)?];
                let shapes = both(|at| {
                    let mut shape = view.shapes[at].clone();
                    kept[at].iter().for_each(|(axis, indices)| shape[*axis] = indices.len());
                    Some(shape)
                })?;
                if shapes == view.shapes {
                    view
                } else {
                    let mut places = view.all_places()?;
                    for (axis, indices) in &kept[0] {
                        places = places.take(*axis, indices)?;
                    }
                    view.at(shapes, places, whole)
                }
            }
            "Gather" => {
                let indices = second(1)?;
                let axis = index(node.int("axis", 0), rank)?;
                let place = |at: usize| -> Option<Vec<usize>> {
                    let size = view.shapes[at][axis];
                    indices[at].ints().into_iter().map(|i| index(i, size).filter(|i| *i < size)).collect()
                };
                let shapes = both(|at| {
                    place(at)?;
                    let mut shape = view.shapes[at].clone();
                    shape.splice(axis..=axis, indices[at].array.shape.iter().copied());
                    Some(shape)
                })?;
                let mut places = view.all_places()?.take(axis, &place(0)?)?;
                places.shape.clone_from(&shapes[0]);
                view.at(shapes, places, whole)
            }
            "Split" => return self.split(node, &view, second(1).map(|pair| pair[0].ints()), whole),
            "Expand" => {
                let to = second(1)?;
                let shapes = both(|at| {
                    let sizes: Option<Vec<usize>> = to[at].ints().iter().map(|n| usize::try_from(*n).ok()).collect();
                    super::array::broadcast_shape(&view.shapes[at], &sizes?)
                })?;
                if shapes == view.shapes {
                    view
                } else {
                    // Such as heads of keys that several heads of queries share.
                    let places = view.all_places()?.broadcast(&shapes[0])?;
                    view.at(shapes, places, whole)
                }
            }
            _ => return None,
        };
        Some(vec![Value::Flow(moved)])
    }
    fn split(&self, node: &Node, view: &View, sizes: Option<Vec<i64>>, whole: usize) -> Option<Vec<Value>> {
        let axis = index(node.int("axis", 0), view.shapes[0].len())?;
        let (all, parts) = (view.shapes[0][axis], node.outputs.len());
        if view.shapes[1][axis] != all {
            return None;
        }
        let sizes = sizes.or_else(|| node.ints("split")).unwrap_or_else(|| {
            let part = all.div_ceil(parts);
            (0..parts).map(|at| part.min(all.saturating_sub(at * part)) as i64).collect()
        });
        let places = view.all_places()?;
        let mut from = 0_usize;
        let mut values = Vec::new();
        for part in sizes {
            let part = usize::try_from(part).ok()?;
            let shapes = both(|at| {
                let mut shape = view.shapes[at].clone();
                shape[axis] = part;
                Some(shape)
            })?;
            let indices: Vec<usize> = (from..from.checked_add(part)?).collect();
            values.push(Value::Flow(view.at(shapes, places.take(axis, &indices)?, whole)));
            from += part;
        }
        Some(values)
    }
    /// Translates a learned value that is repeated for every sample, such as a class token.
    fn expanded(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let [Some(Value::Weight(array)), Some(Value::Constant(to))] = inputs else { return None };
        if node.operator != "Expand" {
            return None;
        }
        // The dimension of the batch may be left out.
        let mut array = array.clone();
        if to[0].array.shape == [array.shape.len() + 1] {
            array = Rc::new(array.reshape([&[1], &array.shape[..]].concat())?);
        }
        if array.shape.first() != Some(&1) || to[0].array.shape != [array.shape.len()] {
            return None;
        }
        let shapes = both(|at| {
            let sizes: Option<Vec<usize>> = to[at].ints().into_iter().map(|size| usize::try_from(size).ok()).collect();
            super::array::broadcast_shape(&array.shape, &sizes?)
        })?;
        if shapes[0][1..] != array.shape[1..] || shapes[1][1..] != array.shape[1..] {
            return None;
        }
        let array = Rc::new(array.reshape(array.shape[1..].to_vec())?);
        let id = self.parameter(array, shapes);
        Some(vec![Value::Flow(self.whole(id))])
    }
    /// Adds a learned tensor that reads no value. `shapes` are those with a batch.
    pub fn parameter(&mut self, array: Rc<Array<f32>>, shapes: Shapes) -> Id {
        let weight = super::network::Weight { name: String::new(), array };
        let id = self.push(What::Parameter, Vec::new(), vec![weight], shapes);
        // Its name is that in the file, unless an exporter made it up.
        let node = self.node.clone();
        let learned = |name: &&String| matches!(self.values.get(*name), Some(Value::Weight(_)));
        let name = node.inputs.iter().find(learned).filter(|name| !name.starts_with("val_") && !name.contains("::"));
        let layer = &mut self.layers[id];
        layer.own = name.is_some();
        if let Some(name) = name {
            layer.path = name.split('.').map(String::from).collect();
        }
        id
    }

    /// Returns the layer whose result is a view, or whose rows are those of the view, adding layers that move elements if needed.
    pub fn settle(&mut self, view: &View) -> Option<Id> {
        let layer = self.layers[view.of].shapes.clone();
        if view.places.is_none() {
            if view.shapes == layer {
                return Some(view.of);
            }
            if view.shapes[0].first() != layer[0].first() || view.shapes[1].first() != layer[1].first() {
                return None;
            }
            if view.shapes[0][1..] != view.shapes[1][1..] {
                return None;
            }
            let sample = &view.shapes[0][1..];
            let call = if let [_] = sample {
                Call::new("flatten")
            } else {
                Call::new("reshape").with("shape", format!("{sample:?}"))
            };
            return Some(self.push(What::Call(call), vec![view.of], Vec::new(), view.shapes.clone()));
        }
        self.sliced(view, &layer)
            .or_else(|| self.transposed(view, &layer))
            .or_else(|| self.reshaped_first(view, &layer))
    }
    fn transposed(&mut self, view: &View, layer: &Shapes) -> Option<Id> {
        let rank = layer[0].len();
        if view.shapes[0].len() != rank || !(3..=5).contains(&rank) {
            return None;
        }
        let whole = self.whole(view.of).all_places()?;
        let places = view.places.as_ref()?;
        for order in orders(rank - 1) {
            let full: Vec<usize> = std::iter::once(0).chain(order.iter().map(|axis| axis + 1)).collect();
            if full.iter().zip(&view.shapes[0]).all(|(axis, size)| layer[0][*axis] == *size)
                && whole.transpose(&full)? == **places
            {
                let mut last = (0..rank - 1).collect::<Vec<_>>();
                last.swap(rank - 2, rank - 3);
                let call = Call::new("transpose");
                let call = if order == last { call } else { call.with("axes", format!("{order:?}")) };
                return Some(self.push(What::Call(call), vec![view.of], Vec::new(), view.shapes.clone()));
            }
        }
        None
    }
    /// Recognises elements in another shape whose dimensions are then in another order, such as patches of an image as rows.
    fn reshaped_first(&mut self, view: &View, layer: &Shapes) -> Option<Id> {
        let rank = view.shapes[0].len();
        if !(3..=5).contains(&rank) || view.shapes[0][0] != layer[0][0] {
            return None;
        }
        let whole = self.whole(view.of).all_places()?;
        for order in orders(rank - 1) {
            let full: Vec<usize> = std::iter::once(0).chain(order.iter().map(|axis| axis + 1)).collect();
            let mut between = view.shapes.clone();
            for (at, axis) in full.iter().enumerate() {
                (between[0][*axis], between[1][*axis]) = (view.shapes[0][at], view.shapes[1][at]);
            }
            let Some(reshaped) = whole.reshape(between[0].clone()) else { continue };
            if between != *layer && reshaped.transpose(&full)? == **view.places.as_ref()? {
                let first = self.settle(&View { of: view.of, shapes: between, places: None })?;
                let places = self.whole(first).all_places()?.transpose(&full)?;
                let view = View { of: first, shapes: view.shapes.clone(), places: Some(Rc::new(places)) };
                return self.transposed(&view, &self.layers[first].shapes.clone());
            }
        }
        None
    }
    /// Recognises a part of one dimension, which may be left out if it is one index.
    fn sliced(&mut self, view: &View, layer: &Shapes) -> Option<Id> {
        let places = view.places.as_ref()?;
        let whole = self.whole(view.of).all_places()?;
        let first = *places.data.first()? as usize;
        for axis in 1..layer[0].len() {
            let inner: usize = layer[0][axis + 1..].iter().product();
            let from = first / inner % layer[0][axis];
            let others: usize = places.data.len();
            let len = others.checked_div(size(&layer[0])? / layer[0][axis])?;
            if len == 0 || from + len > layer[0][axis] || len == layer[0][axis] {
                continue;
            }
            let part = whole.take(axis, &(from..from + len).collect::<Vec<_>>())?;
            if part.data != places.data {
                continue;
            }
            let [mut a, mut b] = layer.clone();
            (a[axis], b[axis]) = (len, len);
            let gone = view.shapes[0].len() + 1 == layer[0].len() && len == 1;
            let time = layer[0][axis] != layer[1][axis];
            let row = axis == 1 && layer[0].len() == 3 && gone;
            let call = match () {
                () if row && from == 0 => Call::new("first"),
                () if row && from + 1 == layer[0][axis] => Call::new("last"),
                () if time => return None,
                () => Call::new("slice").with("from", from).with("to", from + len).unless("0", "axis", axis - 1),
            };
            if gone {
                a.remove(axis);
                b.remove(axis);
            }
            let is_row = call.name != "slice";
            let shapes = if is_row || !gone { [a.clone(), b.clone()] } else { [layer[0].clone(), layer[1].clone()] };
            if is_row || !gone {
                let id = self.push(What::Call(call), vec![view.of], Vec::new(), shapes);
                return if view.shapes == [a, b] { Some(id) } else { None };
            }
            let mut with = layer.clone();
            (with[0][axis], with[1][axis]) = (1, 1);
            let id = self.push(What::Call(call), vec![view.of], Vec::new(), with);
            let view = View { of: id, shapes: [a, b], places: None };
            return self.settle(&view);
        }
        None
    }
}

/// Returns all orders of so many axes.
fn orders(rank: usize) -> Vec<Vec<usize>> {
    if rank == 0 {
        return vec![Vec::new()];
    }
    let smaller = orders(rank - 1);
    let with = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, rank - 1);
        order
    };
    smaller.iter().flat_map(|order| (0..rank).map(move |at| with(order, at))).collect()
}
