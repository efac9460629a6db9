//! The shapes of values: an operator gets its inputs in the shape that it wants, and a node is appended only where they have another.

use super::value::sizes;
use super::{Dim, Graph, Node, ROWS, SAMPLES, Value};
use crate::tensor::{Sequences, Storage};

impl Graph {
    /// Returns a value in another shape of as many elements.
    pub fn reshape(&mut self, value: Value, dims: &[Dim]) -> Value {
        if value.dims == dims {
            return value;
        }
        if matches!((dims, value.lead()), ([Dim::Batch, Dim::Size(_)], 1)) && value.dims.len() > 2 {
            return self.push(Node::new("Flatten", value), dims.to_vec());
        }
        let shape = if dims.iter().zip(&value.dims).all(|(to, from)| matches!(to, Dim::Size(_)) || to == from) {
            // Zero takes the dimension of the input.
            let number = |dim: &Dim| if let Dim::Size(size) = dim { *size as i64 } else { 0 };
            self.ints(&dims.iter().map(number).collect::<Vec<_>>())
        } else if let [Dim::Rows, known @ ..] = dims {
            let numbers: Vec<i64> = [-1].into_iter().chain(sizes(known).into_iter().map(|size| size as i64)).collect();
            self.ints(&numbers)
        } else {
            self.shape_of(dims)
        };
        self.push(Node::new("Reshape", value).and(shape), dims.to_vec())
    }
    /// Returns a value whose last dimensions are `last`, with those before them as they are if that is possible.
    pub fn with_last(&mut self, value: Value, last: &[usize]) -> Value {
        let (lead, known, wanted) = (value.lead(), value.sizes(), last.iter().product::<usize>());
        let kept = (0..=known.len()).find(|&kept| known[kept..].iter().product::<usize>() == wanted);
        let before = match kept {
            Some(_) if known.ends_with(last) && known.len() >= last.len() => known[..known.len() - last.len()].to_vec(),
            Some(kept) => known[..kept].to_vec(),
            None => vec![known.iter().product::<usize>() / wanted.max(1)],
        };
        let known = before.iter().chain(last).map(|&size| Dim::Size(size));
        let dims: Vec<Dim> = value.dims[..lead].iter().copied().chain(known).collect();
        self.reshape(value, &dims)
    }
    /// Returns a value as `[rows, last…]`, as operators take it that know one dimension before those of an image, and what
    /// [`Graph::unmerge`] needs to turn the result back.
    pub fn merge(&mut self, value: Value, last: usize) -> (Value, Vec<Dim>) {
        let before = value.dims[..value.dims.len() - last].to_vec();
        if before == [Dim::Batch] {
            return (value, before);
        }
        let dims: Vec<Dim> = [Dim::Rows].into_iter().chain(value.dims[before.len()..].iter().copied()).collect();
        (self.reshape(value, &dims), before)
    }
    /// Undoes [`Graph::merge`].
    pub fn unmerge(&mut self, value: Value, before: &[Dim]) -> Value {
        let dims: Vec<Dim> = before.iter().chain(&value.dims[1..]).copied().collect();
        self.reshape(value, &dims)
    }
    /// Returns a value with the axis of this size that has `inner` elements behind it in a row, and the axis.
    pub fn with_axis(&mut self, value: Value, size: usize, inner: usize) -> (Value, usize) {
        let behind = |axis: usize| sizes(&value.dims[axis + 1..]).iter().product::<usize>();
        let axes = value.lead()..value.dims.len();
        if let Some(axis) = axes.rev().find(|&axis| value.dims[axis] == Dim::Size(size) && behind(axis) == inner) {
            return (value, axis);
        }
        let value = if inner == 1 { self.with_last(value, &[size]) } else { self.with_last(value, &[size, inner]) };
        let axis = value.dims.len() - if inner == 1 { 1 } else { 2 };
        (value, axis)
    }
    /// Returns a value as planes `[height, width]`, and the number of its last dimensions that are those of a plane: 1 for sequences,
    /// which are planes of one row.
    pub fn planes(&mut self, value: Value, image: [usize; 2]) -> (Value, usize) {
        let known = value.sizes();
        let line = image[0] == 1 && known.ends_with(&image[1..]) && !known.ends_with(&image) && known.len() > 1;
        if line { (value, 1) } else { (self.with_last(value, &image), 2) }
    }
    /// Returns a range of the columns of rows of `row` elements.
    pub fn slice(&mut self, value: Value, row: usize, first: usize, len: usize) -> Value {
        let fits = |axis: usize| {
            let inner = sizes(&value.dims[axis + 1..]).iter().product::<usize>();
            let of_row = sizes(&value.dims[axis..]).iter().product::<usize>();
            of_row == row && inner > 0 && first.is_multiple_of(inner) && len.is_multiple_of(inner)
        };
        let Some(axis) = (value.lead()..value.dims.len()).find(|&axis| fits(axis)) else {
            let value = self.with_last(value, &[row]);
            return self.slice_axis(value, -1, first, len);
        };
        let inner = sizes(&value.dims[axis + 1..]).iter().product::<usize>();
        let from_end = axis as i64 - value.dims.len() as i64;
        self.slice_axis(value, from_end, first / inner, len / inner)
    }
    /// Returns a range of a dimension, which is counted from the end.
    pub fn slice_axis(&mut self, value: Value, axis: i64, first: usize, len: usize) -> Value {
        let mut dims = value.dims.clone();
        let at = (dims.len() as i64 + axis) as usize;
        dims[at] = Dim::Size(len);
        let [starts, ends, axes] = [first as i64, (first + len) as i64, axis].map(|number| self.ints(&[number]));
        self.push(Node::new("Slice", value).and(starts).and(ends).and(axes), dims)
    }
    /// Returns a value with its dimensions in another order.
    pub fn transpose(&mut self, value: Value, axes: &[usize]) -> Value {
        let dims = axes.iter().map(|&axis| value.dims[axis]).collect();
        self.push(Node::new("Transpose", value).ints("perm", axes.iter().copied()), dims)
    }

    /// Returns the rows of sequences as `[batch, length, …]`.
    pub fn timed<D: Storage>(&mut self, value: Value, sequences: Sequences<'_, D>, row: usize) -> Value {
        let time = time_of(sequences);
        let known = value.sizes();
        let rest = if time == value.dims.get(1).copied().unwrap_or(Dim::Batch) { &value.dims[2..] } else { &[] };
        if sizes(rest).iter().product::<usize>() == row && !rest.is_empty() {
            return value;
        }
        debug_assert!(known.iter().product::<usize>().is_multiple_of(row.max(1)), "rows of a sequence");
        self.reshape(value, &[Dim::Batch, time, Dim::Size(row)])
    }
    /// Returns the length of sequences as a tensor of one number.
    pub fn length(&mut self, time: Dim) -> String {
        let of = match time {
            Dim::Size(size) => return self.ints(&[size as i64]),
            Dim::Length(_) => (time, 1),
            Dim::Batch | Dim::Rows => (Dim::Batch, 0),
        };
        self.shared(format!("{time:?}"), |graph| {
            let has = |input: &&super::graph::Input| input.value.dims.get(of.1) == Some(&of.0);
            let input = graph.inputs.iter().find(has).map(|input| input.value.name.clone()).unwrap_or_default();
            let node = Node::new("Shape", input).int("start", of.1 as i64).int("end", of.1 as i64 + 1);
            graph.push(node.named(if of.1 == 0 { "batch_size" } else { "sequence_length" }), vec![Dim::Size(1)]).name
        })
    }
    /// Returns a shape as a tensor.
    pub fn shape_of(&mut self, dims: &[Dim]) -> String {
        let parts: Vec<String> = dims.iter().map(|&dim| self.length(dim)).collect();
        let [first, rest @ ..] = parts.as_slice() else { return self.ints(&[]) };
        if rest.is_empty() {
            return first.clone();
        }
        self.shared(format!("shape {dims:?}"), |graph| {
            let node = rest.iter().fold(Node::new("Concat", first), |node, part| node.and(part));
            graph.push(node.int("axis", 0), vec![Dim::Size(dims.len())]).name
        })
    }
    /// Returns the dimensions before those of an item of a range with so many elements, and the number of elements of an item.
    pub fn lead_of(&self, len: usize) -> (Vec<Dim>, usize) {
        let of_sample = len / SAMPLES;
        let lengths = self.inputs.iter().filter_map(|input| match input.value.dims.get(1) {
            Some(Dim::Length(dimension)) => Some(*dimension),
            _ => None,
        });
        match lengths.into_iter().find(|&dimension| of_sample.is_multiple_of(ROWS[dimension])) {
            Some(dimension) => (vec![Dim::Batch, Dim::Length(dimension)], of_sample / ROWS[dimension]),
            None => (vec![Dim::Batch], of_sample),
        }
    }
}

/// Returns the dimension of time of sequences.
pub(crate) fn time_of<D: Storage>(sequences: Sequences<'_, D>) -> Dim {
    sequences.dimension().map_or(Dim::Size(sequences.longest()), Dim::Length)
}
