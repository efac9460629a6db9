//! Writes nodes, constants and attributes of ONNX.

use super::Lowering;
use dl_onnx::attribute_proto::AttributeType;
use dl_onnx::tensor_proto::DataType;
use dl_onnx::{AttributeProto, Bytes, NodeProto, TensorProto};

/// The beginning of names that no file has. The importer does not take them for names of weights.
const MADE: &str = "val_";

impl Lowering<'_> {
    /// Returns a new name.
    pub fn made(&mut self) -> String {
        self.made += 1;
        format!("{MADE}{}", self.made)
    }
    /// Adds a node with one result.
    pub fn emit(&mut self, operator: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.emit_all(operator, inputs, attributes, 1).swap_remove(0)
    }
    /// Adds a node with several results.
    pub fn emit_all(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
        results: usize,
    ) -> Vec<String> {
        let output: Vec<String> = (0..results).map(|_| self.made()).collect();
        self.graph.node.push(NodeProto {
            name: Some(self.name.clone()),
            op_type: Some(operator.into()),
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: output.clone(),
            attribute: attributes,
            metadata_props: self.properties.clone(),
            ..NodeProto::default()
        });
        output
    }
    /// Adds a tensor of numbers.
    pub fn tensor(&mut self, name: String, shape: &[i64], kind: DataType, bytes: Bytes) -> String {
        self.graph.initializer.push(TensorProto {
            name: Some(name.clone()),
            dims: shape.to_vec(),
            data_type: Some(kind.into()),
            raw_data: Some(bytes),
            ..TensorProto::default()
        });
        name
    }
    /// Adds a list of whole numbers.
    pub fn list(&mut self, numbers: &[i64]) -> String {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let name = self.made();
        self.tensor(name, &[numbers.len() as i64], DataType::Int64, bytes.into())
    }
    /// Adds one whole number.
    pub fn whole(&mut self, number: i64) -> String {
        let name = self.made();
        self.tensor(name, &[], DataType::Int64, number.to_le_bytes().to_vec().into())
    }
    /// Adds floating-point numbers.
    pub fn floats(&mut self, shape: &[i64], numbers: &[f32]) -> String {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let name = self.made();
        self.tensor(name, shape, DataType::Float, bytes.into())
    }
    /// Adds one floating-point number.
    pub fn float(&mut self, number: f64) -> String {
        self.floats(&[], &[number as f32])
    }
}

/// Makes an attribute of a whole number.
pub fn int(name: &str, number: i64) -> AttributeProto {
    AttributeProto { i: Some(number), ..attribute(name, AttributeType::Int) }
}

/// Makes an attribute of whole numbers.
pub fn ints(name: &str, numbers: &[i64]) -> AttributeProto {
    AttributeProto { ints: numbers.to_vec(), ..attribute(name, AttributeType::Ints) }
}

/// Makes an attribute of a floating-point number.
pub fn float(name: &str, number: f64) -> AttributeProto {
    AttributeProto { f: Some(number as f32), ..attribute(name, AttributeType::Float) }
}

/// Makes an attribute of text.
pub fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto { s: Some(text.as_bytes().to_vec().into()), ..attribute(name, AttributeType::String) }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: Some(name.into()), r#type: Some(kind.into()), ..AttributeProto::default() }
}
