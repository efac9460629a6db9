//! Weights and constants of a graph: ranges of the model's memory under the names of its tensors, and numbers that layers need.

use super::{Graph, Node, Place, Value};
use crate::Result;
use crate::tensor::TensorInfo;
use std::ops::Range;

/// A tensor of the model, or several that are one to an operator.
#[derive(Clone, Debug)]
pub(crate) struct Weight {
    /// The name in the graph.
    pub name: String,
    /// The layer that has it: the name without its last word.
    pub layer: String,
    /// The shape.
    pub shape: Vec<usize>,
}

impl AsRef<str> for Weight {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

/// A tensor of the graph whose numbers are known.
pub(super) struct Initializer {
    pub name: String,
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

/// The numbers of an initializer.
pub(super) enum Numbers {
    /// Ranges of the elements of the model, one after the other.
    Model(Vec<Range<usize>>),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

impl Graph {
    /// Returns the tensors that lie in a range of the weights, and the ranges of their elements in the model.
    pub fn tensors_in(&self, place: Place) -> Vec<TensorInfo> {
        let range = place.start..place.start + place.len;
        let inside = |tensor: &&TensorInfo| {
            let own = tensor.range();
            own.start >= range.start && own.end <= range.end && !own.is_empty()
        };
        self.tensors.iter().filter(inside).cloned().collect()
    }
    /// Returns the tensor in a range of the weights. Several are one under the name of the first.
    pub fn weight(&mut self, place: Place) -> Result<Weight> {
        let tensors = self.tensors_in(place);
        match tensors.as_slice() {
            [tensor] if tensor.len() == place.len() => {
                let weight = weight(&tensor.name, tensor.shape.to_vec());
                Ok(self.initializer(weight, vec![tensor.range()]))
            }
            [first, ..] => {
                let weight = weight(&first.name, vec![place.len()]);
                let layer = weight.layer.clone();
                Ok(self.of_ranges(&layer, &weight.name, weight.shape, vec![place.floats(0, place.len())]))
            }
            [] => Err(self.cannot("a layer written by hand", "it computes with a part of a tensor")),
        }
    }
    /// Returns the tensor in a range of the weights as a matrix.
    pub fn matrix(&mut self, place: Place, rows: usize, columns: usize) -> Result<Weight> {
        let weight = self.weight(place)?;
        if weight.shape == [rows, columns] {
            return Ok(weight);
        }
        let key = format!("{} as [{rows}, {columns}]", weight.name);
        let Weight { name, layer, .. } = weight;
        let name = self.shared(key, |graph| {
            let shape = graph.ints(&[rows as i64, columns as i64]);
            graph.push(Node::new("Reshape", &name).and(shape).named(format!("{name}.matrix")), Vec::new()).name
        });
        Ok(Weight { name, layer, shape: vec![rows, columns] })
    }
    /// Returns a tensor made of ranges of the model's memory, such as gates in another order.
    pub fn of_ranges(&mut self, layer: &str, name: &str, shape: Vec<usize>, ranges: Vec<Range<usize>>) -> Weight {
        let key = format!("{name} {shape:?} {ranges:?}");
        let name = self.shared(key, |graph| {
            let name = graph.names.of_layer(name);
            let numbers = Numbers::Model(ranges);
            graph.initializers.push(Initializer { name: name.clone(), shape: shape.clone(), numbers });
            name
        });
        Weight { name, layer: layer.into(), shape }
    }
    fn initializer(&mut self, weight: Weight, ranges: Vec<Range<usize>>) -> Weight {
        let Weight { name, layer, shape } = weight;
        self.of_ranges(&layer, &name, shape, ranges)
    }
    /// Returns whether a range is one of weights.
    pub fn is_weight(&self, place: Place) -> bool {
        place.buffer == self.all_weights().buffer
    }
    /// Returns the weights of channels in a shape with `after` dimensions behind the channels, so that they are repeated along them.
    pub fn of_channels(&mut self, weight: &Weight, after: usize) -> String {
        if after == 0 {
            return weight.name.clone();
        }
        let (name, channels) = (weight.name.clone(), weight.shape.iter().product::<usize>());
        self.shared(format!("{name} of channels before {after}"), |graph| {
            let mut shape = vec![channels as i64];
            shape.resize(1 + after, 1);
            let shape = graph.ints(&shape);
            graph.push(Node::new("Reshape", &name).and(shape).named(format!("{name}.of_channels")), Vec::new()).name
        })
    }

    /// Returns a constant: whole numbers.
    pub fn ints(&mut self, ints: &[i64]) -> String {
        self.constant(format!("ints {ints:?}"), vec![ints.len()], Numbers::Ints(ints.to_vec()))
    }
    /// Returns a constant: one whole number, without dimensions.
    pub fn int(&mut self, int: i64) -> String {
        self.constant(format!("int {int}"), Vec::new(), Numbers::Ints(vec![int]))
    }
    /// Returns a constant: one number, without dimensions.
    pub fn float(&mut self, float: f32) -> String {
        self.constant(format!("float {:08x}", float.to_bits()), Vec::new(), Numbers::Floats(vec![float]))
    }
    /// Returns a constant of some shape.
    pub fn floats(&mut self, shape: &[usize], floats: Vec<f32>) -> String {
        let bits: Vec<u32> = floats.iter().map(|x| x.to_bits()).collect();
        self.constant(format!("floats {shape:?} {bits:x?}"), shape.to_vec(), Numbers::Floats(floats))
    }
    fn constant(&mut self, key: String, shape: Vec<usize>, numbers: Numbers) -> String {
        self.shared(key, |graph| {
            let name = graph.names.of_kind("constant");
            graph.initializers.push(Initializer { name: name.clone(), shape, numbers });
            name
        })
    }

    /// Appends a dense layer, `x·Wᵀ + b`.
    pub fn dense(&mut self, x: Value, weight: &Weight, bias: Option<&Weight>) -> Value {
        let (outputs, layer) = (weight.shape[0], &weight.layer);
        let dims = x.with_last(1, &[outputs]);
        if x.dims.len() == 2 {
            let node = Node::new("Gemm", &x).and(weight);
            let node = bias.iter().fold(node, |node, bias| node.and(bias)).int("transB", 1);
            return self.push(node.named(layer), dims);
        }
        let name = weight.name.clone();
        let transposed = self.shared(format!("{name} transposed"), |graph| {
            let node = Node::new("Transpose", &name).ints("perm", [1, 0]);
            graph.push(node.named(format!("{name}.transposed")), Vec::new()).name
        });
        let product = Node::new("MatMul", x).and(transposed);
        let Some(bias) = bias else { return self.push(product.named(layer), dims) };
        let product = self.push(product.named(format!("{layer}.product")), dims.clone());
        self.push(Node::new("Add", product).and(bias).named(layer), dims)
    }
}

fn weight(name: &str, shape: Vec<usize>) -> Weight {
    let layer = name.rsplit_once('.').map_or(name, |(layer, _)| layer);
    Weight { name: name.into(), layer: layer.into(), shape }
}
