//! Turns what was recorded into an ONNX model.

use super::weights::{Initializer, Numbers};
use super::{Dim, Graph, Node, Value};
use crate::{Error, Result};
use dl_onnx::tensor_proto::DataType;
use dl_onnx::tensor_shape_proto::{Dimension, dimension};
use dl_onnx::type_proto;
use dl_onnx::{GraphProto, ModelProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto};
use std::collections::{HashMap, HashSet};

/// The version of ONNX's operators.
const OPSET: i64 = 18;
/// The version of the format, the one that came with these operators.
const IR_VERSION: i64 = 8;
/// The largest model, in bytes of weights: protobuf has no larger messages, and the graph takes some place, too.
const MOST_BYTES: usize = (1 << 31) - (16 << 20);

impl Graph {
    /// Returns the model with this graph, whose weights are `floats`; `lengths` are the names of run-time dimensions.
    pub fn finish(mut self, floats: &[f32], lengths: &[String], doc: String) -> Result<ModelProto> {
        self.name_outputs();
        self.remove_unused();
        let bytes: usize = self.initializers.iter().map(|tensor| tensor.shape.iter().product::<usize>() * 4).sum();
        if bytes > MOST_BYTES {
            return Err(Error::OnnxTooLarge { model: self.model, bytes, most: MOST_BYTES });
        }
        let info = |value: &Value, tokens: bool| info(&value.name, &value.dims, tokens, lengths);
        let named = |name: &String| self.dims.get(name).map(|dims| Value { name: name.clone(), dims: dims.clone() });
        let outputs: HashSet<&String> = self.outputs.iter().map(|(name, _)| name).collect();
        let inner = self.nodes.iter().flat_map(|node| &node.output).filter(|name| !outputs.contains(name));
        // Shapes and lengths are whole numbers, whose types a reader finds out.
        let inner = inner.filter_map(named).filter(|value| value.dims.first() == Some(&Dim::Batch));
        let graph = GraphProto {
            name: Some(self.model.into()),
            input: self.inputs.iter().map(|input| info(&input.value, input.tokens)).collect(),
            output: self.outputs.iter().map(|(_, output)| info(output, false)).collect(),
            value_info: inner
                .filter(|value| !self.tokens.contains(&value.name))
                .map(|value| info(&value, false))
                .collect(),
            initializer: self.initializers.iter().map(|tensor| tensor.proto(floats)).collect(),
            node: self.nodes,
            ..Default::default()
        };
        Ok(ModelProto {
            ir_version: Some(IR_VERSION),
            opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
            producer_name: Some("dl".into()),
            producer_version: Some(env!("CARGO_PKG_VERSION").into()),
            doc_string: Some(doc),
            graph: Some(graph),
            ..Default::default()
        })
    }
    /// Gives the values of the outputs their names. An input or a value that is another output already is copied.
    fn name_outputs(&mut self) {
        let mut named: HashMap<String, String> = HashMap::new();
        for (name, value) in std::mem::take(&mut self.outputs) {
            let made = self.nodes.iter().any(|node| node.output.contains(&value.name));
            if made && !named.contains_key(&value.name) {
                for node in &mut self.nodes {
                    let names = node.input.iter_mut().chain(&mut node.output);
                    names.filter(|other| **other == value.name).for_each(|other| other.clone_from(&name));
                }
                named.insert(value.name, name.clone());
            } else {
                let from = named.get(&value.name).unwrap_or(&value.name);
                let mut node = Node::new("Identity", from).proto;
                (node.name, node.output) = (Some(self.names.of_kind("identity")), vec![name.clone()]);
                self.nodes.push(node);
            }
            self.outputs.push((name.clone(), Value { name, dims: value.dims }));
        }
    }
    /// Removes nodes and initializers whose values nobody reads, such as what belongs to noise.
    fn remove_unused(&mut self) {
        let mut used: HashSet<String> = self.outputs.iter().map(|(name, _)| name.clone()).collect();
        for node in self.nodes.iter().rev() {
            if node.output.iter().any(|output| used.contains(output)) {
                used.extend(node.input.iter().cloned());
            }
        }
        self.nodes.retain(|node| node.output.iter().any(|output| used.contains(output)));
        self.initializers.retain(|tensor| used.contains(&tensor.name));
    }
}

impl Initializer {
    fn proto(&self, floats: &[f32]) -> TensorProto {
        let mut raw = Vec::new();
        let mut append = |floats: &[f32]| {
            raw.reserve(4 * floats.len());
            floats.iter().for_each(|x| raw.extend_from_slice(&x.to_le_bytes()));
        };
        let data_type = match &self.numbers {
            Numbers::Model(ranges) => {
                ranges.iter().for_each(|range| append(&floats[range.clone()]));
                DataType::Float
            }
            Numbers::Floats(floats) => {
                append(floats);
                DataType::Float
            }
            Numbers::Ints(ints) => {
                ints.iter().for_each(|x| raw.extend_from_slice(&x.to_le_bytes()));
                DataType::Int64
            }
        };
        TensorProto {
            name: Some(self.name.clone()),
            dims: self.shape.iter().map(|&size| size as i64).collect(),
            data_type: Some(data_type.into()),
            raw_data: Some(raw.into()),
            ..Default::default()
        }
    }
}

/// Returns the type and shape of a value.
fn info(name: &str, dims: &[Dim], tokens: bool, lengths: &[String]) -> ValueInfoProto {
    let dim = |dim: &Dim| {
        let value = match dim {
            Dim::Batch => Some(dimension::Value::DimParam("batch".into())),
            Dim::Length(dimension) => Some(dimension::Value::DimParam(lengths[*dimension].clone())),
            Dim::Size(size) => Some(dimension::Value::DimValue(*size as i64)),
            Dim::Rows => None,
        };
        Dimension { value, denotation: None }
    };
    let elem_type = if tokens { DataType::Int64 } else { DataType::Float };
    let tensor = type_proto::Tensor {
        elem_type: Some(elem_type.into()),
        shape: Some(TensorShapeProto { dim: dims.iter().map(dim).collect() }),
    };
    let value = Some(type_proto::Value::TensorType(tensor));
    ValueInfoProto {
        name: Some(name.into()),
        r#type: Some(TypeProto { value, denotation: None }),
        ..Default::default()
    }
}
