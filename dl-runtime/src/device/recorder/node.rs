//! One node of a graph, before it is appended.

use super::Value;
use dl_onnx::attribute_proto::AttributeType;
use dl_onnx::{AttributeProto, NodeProto};

/// A node with its inputs and attributes; [`Graph::push`](super::Graph::push) gives it a name and an output.
pub(crate) struct Node {
    pub(super) proto: NodeProto,
    pub(super) name: Name,
}

/// The origin of a node's name.
pub(super) enum Name {
    /// A layer with weights: `conv1`.
    Layer(String),
    /// A kind of layers, with a number behind it.
    Kind(&'static str),
    /// The operator, with a number behind it.
    Operator,
}

impl Node {
    /// Returns a node of the operator `operator` with one input.
    pub fn new(operator: &'static str, input: impl AsRef<str>) -> Self {
        let proto = NodeProto { op_type: Some(operator.into()), ..Default::default() };
        Node { proto, name: Name::Operator }.and(input)
    }
    /// Adds an input.
    pub fn and(mut self, input: impl AsRef<str>) -> Self {
        self.proto.input.push(input.as_ref().into());
        self
    }
    /// Names the node after a layer.
    pub fn named(mut self, layer: impl Into<String>) -> Self {
        self.name = Name::Layer(layer.into());
        self
    }
    /// Names the node after a kind of layers that is more than this operator.
    pub fn named_kind(mut self, kind: &'static str) -> Self {
        self.name = Name::Kind(kind);
        self
    }
    /// Sets an attribute that is a number.
    pub fn int(self, name: &str, i: i64) -> Self {
        self.attribute(name, AttributeType::Int, |attribute| attribute.i = Some(i))
    }
    /// Sets an attribute that is a list of numbers.
    pub fn ints(self, name: &str, ints: impl IntoIterator<Item = usize>) -> Self {
        let ints = ints.into_iter().map(|i| i as i64).collect();
        self.attribute(name, AttributeType::Ints, |attribute| attribute.ints = ints)
    }
    /// Sets an attribute that is a floating-point number.
    pub fn float(self, name: &str, f: f32) -> Self {
        self.attribute(name, AttributeType::Float, |attribute| attribute.f = Some(f))
    }
    /// Sets an attribute that is a word.
    pub fn text(self, name: &str, text: &'static str) -> Self {
        self.attribute(name, AttributeType::String, |attribute| attribute.s = Some(text.into()))
    }
    /// Sets an attribute that is a list of words.
    pub fn texts(self, name: &str, texts: &[&'static str]) -> Self {
        let strings = texts.iter().map(|text| (*text).into()).collect();
        self.attribute(name, AttributeType::Strings, |attribute| attribute.strings = strings)
    }
    fn attribute(mut self, name: &str, kind: AttributeType, fill: impl FnOnce(&mut AttributeProto)) -> Self {
        let mut attribute = AttributeProto { name: Some(name.into()), r#type: Some(kind.into()), ..Default::default() };
        fill(&mut attribute);
        self.proto.attribute.push(attribute);
        self
    }
}

impl AsRef<str> for Value {
    fn as_ref(&self) -> &str {
        &self.name
    }
}
