//! The graph that is recorded: its nodes, its values, and where they lie.

use super::names::{Names, snake_case};
use super::node::Name;
use super::places::Places;
use super::weights::Initializer;
use super::{Columns, Content, Dim, Node, Place, Product, Value};
use crate::tensor::TensorInfo;
use crate::{Error, Result};
use dl_onnx::NodeProto;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An ONNX graph in the making.
#[derive(Default)]
pub(crate) struct Graph {
    /// The name of the model.
    pub(super) model: &'static str,
    pub(super) error: Option<Error>,
    pub(super) names: Names,
    pub(super) places: Places,
    /// The tensors of the model, in memory order, and the buffer in which they lie.
    pub(super) tensors: Vec<TensorInfo>,
    pub(super) weights: Option<Place>,
    pub(super) nodes: Vec<NodeProto>,
    pub(super) initializers: Vec<Initializer>,
    /// The dimensions of every value that a node makes.
    pub(super) dims: HashMap<String, Vec<Dim>>,
    pub(super) inputs: Vec<Input>,
    /// The names of the outputs with their values, which get these names at the end.
    pub(super) outputs: Vec<(String, Value)>,
    /// The values that are whole numbers: classes that a layer found.
    pub(super) tokens: HashSet<String>,
    /// Values that several layers use, by what they are.
    pub(super) shared: HashMap<String, String>,
}

/// An input of the graph.
pub(super) struct Input {
    pub value: Value,
    /// True for tokens, which is known from the layer that reads them.
    pub tokens: bool,
}

impl Graph {
    /// Returns the graph of a model before anything is recorded.
    pub fn new(model: &'static str, tensors: impl Iterator<Item = TensorInfo>, floats: usize) -> Self {
        let mut graph = Graph { model, tensors: tensors.collect(), ..Graph::default() };
        graph.weights = Some(graph.places.buffer(floats));
        graph
    }
    /// Returns a new buffer.
    pub fn buffer(&mut self, len: usize) -> Place {
        self.places.buffer(len)
    }
    /// Returns the range with all weights.
    pub fn all_weights(&self) -> Place {
        self.weights.expect("made with the graph")
    }
    /// Adds an input, which lies in `place`.
    pub fn input(&mut self, name: &str, dims: Vec<Dim>, place: Place) {
        let value = Value { name: self.names.of_layer(name), dims };
        self.places.write(place, Content::Value(value.clone()));
        self.inputs.push(Input { value, tokens: false });
    }
    /// Reserves the name of an output before other values can take it.
    pub fn reserve(&mut self, name: &str) -> String {
        self.names.of_layer(name)
    }
    /// Declares the value in `place` to be the output `name`, with these dimensions.
    pub fn output(&mut self, name: String, dims: &[Dim], place: Place) -> Result<()> {
        let value = self.read(place)?;
        let value = self.reshape(value, dims);
        self.outputs.push((name, value));
        Ok(())
    }

    /// Appends a node, and returns its output.
    pub fn push(&mut self, node: Node, dims: Vec<Dim>) -> Value {
        let Node { mut proto, name } = node;
        let name = match name {
            Name::Layer(layer) => self.names.of_layer(&layer),
            Name::Kind(kind) => self.names.of_kind(kind),
            Name::Operator => self.names.of_kind(&snake_case(proto.op_type())),
        };
        (proto.name, proto.output) = (Some(name.clone()), vec![name.clone()]);
        self.nodes.push(proto);
        self.dims.insert(name.clone(), dims.clone());
        Value { name, dims }
    }
    /// Returns the operands of a sum with that first which was made first: `x + y` and `y + x` are the same numbers, and the same node.
    pub fn oldest_first(&self, a: Value, b: Value) -> [Value; 2] {
        let made = |value: &Value| self.nodes.iter().rposition(|node| node.output.contains(&value.name));
        if made(&a) > made(&b) { [b, a] } else { [a, b] }
    }
    /// Returns a value that several layers share, which `make` appends at the first time.
    pub fn shared(&mut self, key: String, make: impl FnOnce(&mut Self) -> String) -> String {
        if let Some(name) = self.shared.get(&key) {
            return name.clone();
        }
        let name = make(self);
        self.shared.insert(key, name.clone());
        name
    }

    /// Returns what lies in a range.
    pub fn content(&self, place: Place) -> Result<Content> {
        let nothing = || self.cannot("a layer written by hand", "it reads memory that no operation of `dl::ops` wrote");
        self.places.read(place).cloned().ok_or_else(nothing)
    }
    /// Returns what lies in a range, to put it into another: zeros, or a value, so that nothing is recorded twice.
    pub fn settled(&mut self, place: Place) -> Result<Content> {
        match self.content(place)? {
            Content::Zeros => Ok(Content::Zeros),
            _ => Ok(Content::Value(self.read(place)?)),
        }
    }
    /// Returns the value in a range, which it becomes if it was none yet.
    pub fn read(&mut self, place: Place) -> Result<Value> {
        let value = match self.content(place)? {
            Content::Value(value) => return Ok(value),
            Content::Columns(columns) => self.join(columns)?,
            Content::Product(product) => self.multiply(*product)?,
            Content::Direction(_) => return Err(self.cannot("recurrent", "only one of two directions was computed")),
            Content::Windows(_) => return Err(self.cannot("conv1d", "its windows are read by another layer")),
            Content::Zeros => self.zeros(place.len()),
        };
        self.write(place, value.clone());
        Ok(value)
    }
    /// Returns the tokens in a range.
    pub fn read_tokens(&mut self, place: Place) -> Result<Value> {
        let value = self.read(place)?;
        self.inputs.iter_mut().filter(|input| input.value.name == value.name).for_each(|input| input.tokens = true);
        Ok(value)
    }
    /// Says that `value` lies in a range from now on.
    pub fn write(&mut self, place: Place, value: Value) {
        self.places.write(place, Content::Value(value));
    }
    /// Says that a value of whole numbers lies in a range from now on.
    pub fn write_tokens(&mut self, place: Place, value: Value) {
        self.tokens.insert(value.name.clone());
        self.write(place, value);
    }
    /// Says what lies in a range from now on.
    pub fn put(&mut self, place: Place, content: Content) {
        self.places.write(place, content);
    }
    /// Puts a value into some columns of the rows of a range; the other columns stay.
    pub fn write_columns(&mut self, place: Place, row: usize, first: usize, len: usize, value: Value) {
        let mut columns = match self.places.read(place) {
            Some(Content::Columns(columns)) if columns.row == row => columns.clone(),
            _ => Columns { row, parts: BTreeMap::new() },
        };
        columns.parts.retain(|&start, (width, _)| start + *width <= first || start >= first + len);
        columns.parts.insert(first, (len, value));
        self.places.write(place, Content::Columns(columns));
    }
    /// Returns some columns of the rows of a range: the very value that was put there, or a slice.
    pub fn read_columns(&mut self, place: Place, row: usize, first: usize, len: usize) -> Result<Value> {
        if let Content::Columns(columns) = self.content(place)?
            && columns.row == row
            && let Some((width, value)) = columns.parts.get(&first)
            && *width == len
        {
            return Ok(value.clone());
        }
        let value = self.read(place)?;
        if first == 0 && len == row { Ok(value) } else { Ok(self.slice(value, row, first, len)) }
    }

    /// Joins values that lie side by side in rows.
    fn join(&mut self, columns: Columns) -> Result<Value> {
        let mut end = 0;
        for (&first, (len, _)) in &columns.parts {
            if first != end {
                break;
            }
            end += len;
        }
        if end != columns.row {
            return Err(self.cannot("a layer written by hand", "it reads rows of which only a part was written"));
        }
        let parts: Vec<(usize, Value)> = columns.parts.into_values().collect();
        let (axis, parts) = self.alike(parts);
        let sum = parts.iter().map(|part| super::value::sizes(&part.dims[axis..=axis])[0]).sum();
        let mut dims = parts[0].dims.clone();
        dims[axis] = Dim::Size(sum);
        let node = parts[1..].iter().fold(Node::new("Concat", &parts[0]), |node, part| node.and(part));
        Ok(self.push(node.int("axis", axis as i64), dims))
    }
    /// Returns the axis along which values lie side by side in rows, if each has so many columns of them, and the values with shapes that
    /// differ only there.
    fn alike(&mut self, parts: Vec<(usize, Value)>) -> (usize, Vec<Value>) {
        let first = &parts[0].1.dims;
        let fits = |axis: usize| {
            parts.iter().all(|(len, Value { dims, .. })| {
                dims.len() == first.len()
                    && dims[..axis] == first[..axis]
                    && dims[axis + 1..] == first[axis + 1..]
                    && super::value::sizes(&dims[axis..]).iter().product::<usize>() == *len
            })
        };
        let lead = parts[0].1.lead();
        if let Some(axis) = (lead..first.len()).find(|&axis| fits(axis)) {
            return (axis, parts.into_iter().map(|(_, value)| value).collect());
        }
        let plain = |(len, value): (usize, Value)| {
            let rows = value.sizes().iter().product::<usize>() / len.max(1);
            let known = [rows, len].into_iter().skip(usize::from(rows == 1)).map(Dim::Size);
            let dims: Vec<Dim> = value.dims[..value.lead()].iter().copied().chain(known).collect();
            self.reshape(value, &dims)
        };
        let parts: Vec<Value> = parts.into_iter().map(plain).collect();
        (parts[0].dims.len() - 1, parts)
    }
    /// Appends the nodes of a dense layer: one product for each of its tensors of weights.
    fn multiply(&mut self, product: Product) -> Result<Value> {
        let Product { x, weight, bias, inputs, outputs } = product;
        let weight = self.matrix(weight, outputs, inputs)?;
        let bias = if bias.is_empty() { None } else { Some(self.weight(bias)?) };
        Ok(self.dense(x, &weight, bias.as_ref()))
    }
    /// Returns zeros of the shape that so many elements have.
    fn zeros(&mut self, len: usize) -> Value {
        let (dims, of_item) = self.lead_of(len);
        let dims: Vec<Dim> = dims.into_iter().chain([Dim::Size(of_item)]).collect();
        let shape = self.shape_of(&dims);
        self.push(Node::new("ConstantOfShape", shape), dims)
    }
}
