//! The JSON of a saved program, as far as it is read: the classes of PyTorch's `torch/_export/serde/schema.py` by their names.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of the format that is read.
pub const VERSION: i64 = 8;

/// A program: a graph, and what its inputs and outputs are.
#[derive(Debug, Deserialize)]
pub struct ExportedProgram {
    pub graph_module: GraphModule,
    pub schema_version: SchemaVersion,
    #[serde(default)]
    pub torch_version: String,
}

#[derive(Debug, Deserialize)]
pub struct SchemaVersion {
    pub major: i64,
    pub minor: i64,
}

#[derive(Debug, Deserialize)]
pub struct GraphModule {
    pub graph: Graph,
    pub signature: Signature,
}

#[derive(Debug, Deserialize)]
pub struct Graph {
    pub nodes: Vec<Node>,
    /// The types and shapes of all values.
    pub tensor_values: BTreeMap<String, TensorMeta>,
}

#[derive(Debug, Deserialize)]
pub struct Signature {
    pub input_specs: Vec<InputSpec>,
    pub output_specs: Vec<OutputSpec>,
}

/// The kinds of inputs of a graph.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputSpec {
    UserInput { arg: Argument },
    Parameter { arg: Name, parameter_name: String },
    Buffer { arg: Name, buffer_name: String },
    TensorConstant { arg: Name, tensor_constant_name: String },
    CustomObj(IgnoredAny),
    Token(IgnoredAny),
    ConstantInput(IgnoredAny),
}

/// The kinds of outputs of a graph. Only those of the network are read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputSpec {
    UserOutput { arg: Argument },
    LossOutput(IgnoredAny),
    BufferMutation(IgnoredAny),
    ParameterMutation(IgnoredAny),
    GradientToParameter(IgnoredAny),
    GradientToUserInput(IgnoredAny),
    UserInputMutation(IgnoredAny),
    Token(IgnoredAny),
}

/// The use of an operator.
#[derive(Debug, Default, Deserialize)]
pub struct Node {
    /// The name, which older versions do not write.
    pub name: Option<String>,
    pub target: String,
    #[serde(default)]
    pub inputs: Vec<NamedArgument>,
    #[serde(default)]
    pub outputs: Vec<Argument>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct NamedArgument {
    pub name: String,
    pub arg: Argument,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Name {
    pub name: String,
}

/// An argument of an operator, or a result.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub enum Argument {
    None,
    Tensor(String),
    /// Tensors, some of which are missing.
    Tensors(Vec<Option<String>>),
    Int(Size),
    Ints(Vec<Size>),
    Float(f64),
    Floats(Vec<f64>),
    Bool(bool),
    Text(String),
    /// The name of a truth value or number that is computed.
    Computed(String),
    /// Another kind.
    Other,
}

/// A whole number, or the name of one that is computed.
#[derive(Clone, Debug)]
pub enum Size {
    Known(i64),
    Name(String),
}

impl From<Map<String, Value>> for Argument {
    fn from(map: Map<String, Value>) -> Self {
        // An argument has one entry, whose key tells its kind.
        map.iter().next().and_then(|(kind, value)| argument(kind, value)).unwrap_or(Argument::Other)
    }
}

fn argument(kind: &str, value: &Value) -> Option<Argument> {
    let text = |value: &Value| value.as_str().map(String::from);
    let name = |value: &Value| text(value.get("name")?);
    let all = |value: &Value| -> Option<Vec<Value>> { value.as_array().cloned() };
    Some(match kind {
        "as_none" => Argument::None,
        "as_tensor" => Argument::Tensor(name(value)?),
        "as_tensors" => {
            Argument::Tensors(all(value)?.iter().map(|value| name(value).map(Some)).collect::<Option<_>>()?)
        }
        "as_optional_tensor" => {
            value.get("as_tensor").map_or(Some(Argument::None), |value| name(value).map(Argument::Tensor))?
        }
        "as_optional_tensors" => {
            let each = |value: &Value| value.get("as_tensor").map_or(Some(None), |value| name(value).map(Some));
            Argument::Tensors(all(value)?.iter().map(each).collect::<Option<_>>()?)
        }
        "as_int" | "as_sym_int" => Argument::Int(size(value)?),
        "as_ints" | "as_sym_ints" => Argument::Ints(all(value)?.iter().map(size).collect::<Option<_>>()?),
        "as_float" => Argument::Float(number(value)?),
        "as_floats" => Argument::Floats(all(value)?.iter().map(number).collect::<Option<_>>()?),
        "as_bool" => Argument::Bool(value.as_bool()?),
        "as_string" => Argument::Text(text(value)?),
        "as_sym_float" | "as_sym_bool" => match value.get("as_name") {
            Some(name) => Argument::Computed(text(name)?),
            None => value.get("as_float").map_or(Some(Argument::Other), |value| number(value).map(Argument::Float))?,
        },
        _ => return None,
    })
}

/// Reads a number, which is text if JSON has none such.
fn number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some("NaN") => Some(f64::NAN),
        _ => value.as_f64(),
    }
}

/// Reads a whole number as it is, or one of the two kinds of `SymIntArgument`.
fn size(value: &Value) -> Option<Size> {
    match value.get("as_name") {
        Some(name) => name.as_str().map(|name| Size::Name(name.into())),
        None => value.get("as_int").unwrap_or(value).as_i64().map(Size::Known),
    }
}

/// The type and the shape of a tensor.
#[derive(Clone, Debug, Deserialize)]
pub struct TensorMeta {
    pub dtype: i64,
    pub sizes: Vec<SymInt>,
    pub strides: Vec<SymInt>,
    pub storage_offset: SymInt,
}

/// A size: a number, or an expression of run-time sizes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymInt {
    AsInt(i64),
    AsExpr { expr_str: String },
}

impl SymInt {
    /// Returns the number, unless it is known at run time only.
    pub fn known(&self) -> Option<i64> {
        match self {
            SymInt::AsInt(number) => Some(*number),
            SymInt::AsExpr { .. } => None,
        }
    }
}

/// The files of weights or constants.
#[derive(Debug, Deserialize)]
pub struct PayloadConfig {
    pub config: BTreeMap<String, PayloadMeta>,
}

/// The file of a tensor.
#[derive(Debug, Deserialize)]
pub struct PayloadMeta {
    pub path_name: String,
    pub use_pickle: bool,
    pub tensor_meta: Option<TensorMeta>,
}
