//! Programs of PyTorch: each node of ATen becomes nodes of ONNX, so that all that follows is the same for both kinds of file.
//!
//! The kinds of operators have files of their own (`images`, `rows`, `recurrent`, `maths`, `movement`, `numbers`). What no file translates becomes a
//! node with the name of its operator, which the importer lists as unknown. A few operators that ONNX does not have keep the name `torch.NAME`,
//! and `only_torch` beside this folder translates them.

mod arguments;
mod decomposed;
mod emit;
mod images;
mod maths;
mod movement;
mod numbers;
mod recurrent;
mod rows;

use crate::file::Dtype;
use crate::file::pt2::schema::{Argument, InputSpec, Node, OutputSpec, SymInt, TensorMeta};
use crate::file::pt2::{Program, Stored, operator};
use decomposed::Batched;
use dl_onnx::tensor_proto::DataType;
use dl_onnx::tensor_shape_proto::{Dimension, dimension};
use dl_onnx::{GraphProto, NodeProto, StringStringEntryProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto};
use std::collections::{BTreeMap, BTreeSet};

/// A program as a graph of ONNX.
pub struct Lowered {
    pub graph: GraphProto,
    /// The operator of each node by its name, for errors.
    pub operators: BTreeMap<String, String>,
}

/// A value of the program.
struct Value {
    /// Its name in the graph of ONNX.
    onnx: String,
    /// Values that are the same tensor, or parts of it, have the same number. What changes one in place changes all.
    memory: usize,
}

/// The graph so far.
struct Lowering<'a> {
    metas: &'a BTreeMap<String, TensorMeta>,
    graph: GraphProto,
    values: BTreeMap<String, Value>,
    /// The memory that has parts, whose changes are not followed.
    viewed: BTreeSet<usize>,
    /// The last states of recurrent layers, by the name of all of them: one tensor for each layer, of one state for each direction.
    states: BTreeMap<String, Vec<String>>,
    /// The nodes so far by their results.
    producers: BTreeMap<&'a str, &'a Node>,
    /// Values whose batch and heads are one dimension, and weights that are repeated, by their names in the graph of ONNX.
    batched: BTreeMap<String, Batched>,
    repeated: BTreeMap<String, String>,
    made: usize,
    /// The number of ones and zeros that may still be made for norms that have no weights.
    filled: usize,
    /// The name of the node that is translated, and the modules that it is in.
    name: String,
    properties: Vec<StringStringEntryProto>,
    /// Why a node cannot be translated, if it is not its operator.
    reason: Option<&'static str>,
}

/// Translates a program.
///
/// # Errors
/// Returns what was expected and what was found, for a graph that refers to what it does not have.
pub fn lower(program: &Program) -> Result<Lowered, (String, String)> {
    let module = &program.exported.graph_module;
    let mut lowering = Lowering {
        metas: &module.graph.tensor_values,
        graph: GraphProto::default(),
        values: BTreeMap::new(),
        viewed: BTreeSet::new(),
        states: BTreeMap::new(),
        producers: BTreeMap::new(),
        batched: BTreeMap::new(),
        repeated: BTreeMap::new(),
        made: 0,
        filled: 1 << 24,
        name: String::new(),
        properties: Vec::new(),
        reason: None,
    };
    let tensors: BTreeMap<&str, &Stored> = program.tensors.iter().map(|tensor| (&*tensor.name, tensor)).collect();
    for spec in &module.signature.input_specs {
        let (argument, name) = match spec {
            InputSpec::UserInput { arg } => {
                lowering.input(arg)?;
                continue;
            }
            InputSpec::Parameter { arg, parameter_name } => (arg, parameter_name),
            InputSpec::Buffer { arg, buffer_name, .. } => (arg, buffer_name),
            InputSpec::TensorConstant { arg, tensor_constant_name } => (arg, tensor_constant_name),
            InputSpec::CustomObj(_) | InputSpec::Token(_) | InputSpec::ConstantInput(_) => continue,
        };
        let tensor = tensors.get(&**name).ok_or_else(|| (format!("the tensor `{name}`"), "none".to_owned()))?;
        lowering.stored(&argument.name, tensor);
    }
    let mut operators = BTreeMap::new();
    for node in &module.graph.nodes {
        let found = lowering.node(node)?;
        operators.insert(lowering.name.clone(), found);
    }
    for spec in &module.signature.output_specs {
        if let OutputSpec::UserOutput { arg } = spec {
            lowering.output(arg)?;
        }
    }
    Ok(Lowered { graph: lowering.graph, operators })
}

impl<'a> Lowering<'a> {
    /// Adds an input of the network.
    fn input(&mut self, argument: &Argument) -> Result<(), (String, String)> {
        let Argument::Tensor(name) = argument else {
            return Err(("inputs that are tensors".into(), format!("{argument:?}")));
        };
        let meta = self.metas.get(name).ok_or_else(|| (format!("a type of the input `{name}`"), "none".to_owned()))?;
        // Models have one type of numbers, whatever that of a file is.
        let kind = match meta.element() {
            Some(Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16) => DataType::Float,
            _ => DataType::Int64,
        };
        let dimension = |size: &SymInt| Dimension {
            value: Some(match size {
                SymInt::AsInt(size) => dimension::Value::DimValue(*size),
                SymInt::AsExpr { expr_str } => dimension::Value::DimParam(expr_str.clone()),
            }),
            ..Dimension::default()
        };
        let shape = TensorShapeProto { dim: meta.sizes.iter().map(dimension).collect() };
        let tensor = type_proto::Tensor { elem_type: Some(kind.into()), shape: Some(shape) };
        let r#type = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
        self.graph.input.push(ValueInfoProto {
            name: Some(name.clone()),
            r#type: Some(r#type),
            ..ValueInfoProto::default()
        });
        self.bind(name, name.clone());
        Ok(())
    }
    /// Adds a weight, a buffer or a constant.
    fn stored(&mut self, argument: &str, tensor: &Stored) {
        let shape: Vec<i64> = tensor.shape.iter().map(|size| *size as i64).collect();
        let taken = |name: &str| self.graph.input.iter().any(|input| input.name() == name);
        // A parameter may have the name of an input.
        let name = if taken(&tensor.name) { format!("{}.", tensor.name) } else { tensor.name.clone() };
        let onnx = match data_type(tensor.dtype) {
            DataType::Undefined => {
                self.name = name;
                self.emit(&format!("a tensor of the type {}", tensor.dtype.name()), &[], Vec::new())
            }
            kind => self.tensor(name, &shape, kind, tensor.bytes.clone()),
        };
        self.bind(argument, onnx);
    }
    /// Gives a value of the program memory of its own.
    fn bind(&mut self, name: &str, onnx: String) {
        let memory = self.values.len();
        self.values.insert(name.into(), Value { onnx, memory });
    }
    /// Adds an output of the network, under its name.
    fn output(&mut self, argument: &Argument) -> Result<(), (String, String)> {
        let Argument::Tensor(name) = argument else {
            return Err(("outputs that are tensors".into(), format!("{argument:?}")));
        };
        let onnx = self.known(name).map_err(|found| ("outputs of the graph".to_owned(), found))?;
        let free = !self.graph.node.iter().any(|node| node.output.contains(name));
        let output =
            if free && !self.graph.input.iter().any(|input| input.name() == name) { name.clone() } else { self.made() };
        self.graph.node.push(NodeProto {
            op_type: Some("Identity".into()),
            input: vec![onnx],
            output: vec![output.clone()],
            ..NodeProto::default()
        });
        self.graph.output.push(ValueInfoProto { name: Some(output), ..ValueInfoProto::default() });
        Ok(())
    }
    fn known(&self, name: &str) -> Result<String, String> {
        let found = self.values.get(name).map(|value| value.onnx.clone());
        found.ok_or_else(|| format!("`{name}`, which nothing before computes"))
    }
    /// Returns the name in the graph of ONNX of a value that the node has been found to know.
    fn of(&self, name: &str) -> Option<String> {
        Some(self.values.get(name)?.onnx.clone())
    }
    /// Returns the name in the graph of ONNX of the tensor that the node works on.
    fn x(&self, node: &Node) -> Option<String> {
        self.of(node.input()?)
    }
    /// Returns the sizes of a value; those that are known at run time only are `None`.
    fn sizes(&self, name: &str) -> Option<Vec<Option<i64>>> {
        Some(self.metas.get(name)?.sizes.iter().map(SymInt::known).collect())
    }
    fn rank(&self, name: &str) -> Option<i64> {
        Some(self.metas.get(name)?.sizes.len() as i64)
    }
    /// Returns the dimension of a value that a possibly negative number is.
    fn dimension(&self, name: &str, dimension: i64) -> Option<i64> {
        let rank = self.rank(name)?;
        let dimension = if dimension < 0 { dimension.checked_add(rank)? } else { dimension };
        (0..rank).contains(&dimension).then_some(dimension)
    }
    /// Refuses a node for another reason than its operator.
    fn refuse<T>(&mut self, reason: &'static str) -> Option<T> {
        self.reason = Some(reason);
        None
    }

    /// Translates a node, or writes it as it is; returns the name of its operator, for errors.
    fn node(&mut self, node: &'a Node) -> Result<String, (String, String)> {
        let results: Vec<String> = node.results().into_iter().map(String::from).collect();
        let target = operator(&node.target);
        self.name = node.name.as_ref().or(results.first()).cloned().unwrap_or_else(|| target.into());
        (self.properties, self.reason) = (modules(node, &self.name, target), None);
        for read in node.reads() {
            self.known(read).map_err(|found| (format!("earlier values as arguments of `{}`", self.name), found))?;
        }
        let (family, overload) =
            target.strip_prefix("aten.").map_or((target, ""), |name| name.split_once('.').unwrap_or((name, "")));
        self.producers.extend(node.results().into_iter().map(|result| (result, node)));
        // An assertion computes nothing.
        if results.is_empty() {
            return Ok(target.into());
        }
        let in_place = family.ends_with('_') && !family.ends_with("__");
        let family = if in_place { &family[..family.len() - 1] } else { family };
        let views = movement::VIEWS.contains(&family);
        let memory = node.input().and_then(|input| self.values.get(input)).map(|value| value.memory);
        let parts = memory.is_some_and(|memory| self.viewed.contains(&memory));
        let before = self.graph.node.len();
        let lowered = match () {
            () if in_place && parts && !views => self.refuse("which changes a tensor that others are parts of"),
            () => self.lowered(node, family, overload),
        };
        let lowered = lowered.filter(|lowered| lowered.len() >= results.len().min(1));
        let mut operator = target.to_owned();
        if let Some(reason) = self.reason {
            operator = format!("{target} {reason}");
        }
        let lowered = lowered.unwrap_or_else(|| {
            self.graph.node.truncate(before);
            let inputs: Vec<String> = node.reads().into_iter().filter_map(|name| self.of(name)).collect();
            let inputs: Vec<&str> = inputs.iter().map(|name| &**name).collect();
            self.emit_all(&operator, &inputs, Vec::new(), results.len())
        });
        let mut lowered = lowered.into_iter();
        for result in &results {
            // Further results, such as the places of maxima, are unknown if something reads them.
            let onnx = lowered.next().unwrap_or_else(|| self.emit(&operator, &[], Vec::new()));
            self.bind(result, onnx.clone());
            if let (true, Some(memory)) = (views || in_place, memory) {
                self.values.entry(result.clone()).and_modify(|value| value.memory = memory);
                if in_place {
                    self.values
                        .values_mut()
                        .filter(|value| value.memory == memory)
                        .for_each(|value| value.onnx.clone_from(&onnx));
                } else {
                    self.viewed.insert(memory);
                }
            }
        }
        Ok(operator)
    }
    fn lowered(&mut self, node: &Node, family: &str, overload: &str) -> Option<Vec<String>> {
        self.decomposed(node, family)
            .or_else(|| self.images(node, family))
            .or_else(|| self.rows(node, family))
            .or_else(|| self.recurrent(node, family))
            .or_else(|| self.moved(node, family))
            .or_else(|| self.numbers(node, family, overload))
            .or_else(|| self.maths(node, family))
    }
}

/// Writes the modules of a node as the exporter of ONNX does. PyTorch has them as `KEY,NAME,CLASS;…`, from the outermost on.
fn modules(node: &Node, name: &str, target: &str) -> Vec<StringStringEntryProto> {
    let stack = node.metadata.get("nn_module_stack").map_or("", |stack| &**stack);
    let (mut scopes, mut classes) = (Vec::new(), Vec::new());
    for entry in stack.split(';').filter(|entry| !entry.is_empty()) {
        let mut parts = entry.splitn(3, ',').skip(1);
        // The name of a module that is called again ends in `@1`.
        let scope = parts.next().unwrap_or_default();
        scopes.push(scope.split('@').next().unwrap_or_default());
        classes.push(parts.next().unwrap_or_default());
    }
    scopes.push(name);
    classes.push(target);
    let list = |key: &str, words: &[&str]| StringStringEntryProto {
        key: Some(key.into()),
        value: Some(format!("['{}']", words.join("', '"))),
    };
    vec![list("pkg.torch.onnx.name_scopes", &scopes), list("pkg.torch.onnx.class_hierarchy", &classes)]
}

fn data_type(dtype: Dtype) -> DataType {
    match dtype {
        Dtype::F64 => DataType::Double,
        Dtype::F32 => DataType::Float,
        Dtype::F16 => DataType::Float16,
        Dtype::BF16 => DataType::Bfloat16,
        Dtype::I64 => DataType::Int64,
        Dtype::I32 => DataType::Int32,
        Dtype::I16 => DataType::Int16,
        Dtype::I8 => DataType::Int8,
        Dtype::U64 => DataType::Uint64,
        Dtype::U32 => DataType::Uint32,
        Dtype::U16 => DataType::Uint16,
        Dtype::U8 => DataType::Uint8,
        Dtype::Bool => DataType::Bool,
        Dtype::Q8_0 | Dtype::Q4_0 | Dtype::Other(_) => DataType::Undefined,
    }
}
