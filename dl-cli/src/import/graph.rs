//! The nodes of an ONNX file as they are translated: attributes by name, and the module of the source that each comes from.

use super::array::Array;
use super::constants::Constant;
use super::fields::Fields;
use dl_onnx::tensor_proto::DataType;
use dl_onnx::{AttributeProto, NodeProto, TensorProto, Weights};
use std::collections::BTreeMap;

/// A node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub name: String,
    pub operator: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// The modules that it is in, outermost first, by their names in the module around them.
    pub path: Vec<String>,
    /// The class of the innermost module, if it is known.
    pub class: String,
    /// The classes of all modules, by their full names.
    pub classes: Vec<(String, String)>,
    /// The one number of the attribute `value`, and whether it is whole.
    pub value: Option<(f64, bool)>,
    attributes: BTreeMap<String, AttributeProto>,
}

impl Node {
    pub fn new(node: &NodeProto, weights: &Weights, fields: Option<&Fields>) -> Self {
        let property = |key: &str| {
            let entry = node.metadata_props.iter().find(|entry| entry.key() == key)?;
            Some(words(entry.value()))
        };
        let scopes = property("pkg.torch.onnx.name_scopes").filter(|scopes| scopes.len() > 1 && scopes[0].is_empty());
        let classes = property("pkg.torch.onnx.class_hierarchy").unwrap_or_default();
        let full = scopes.clone().unwrap_or_default();
        let (path, class) = match scopes {
            // The last entry is the operation.
            Some(scopes) => {
                let module = scopes.len() - 2;
                let path = if module == 0 { Vec::new() } else { scopes[module].split('.').map(String::from).collect() };
                (path, classes.get(module).cloned().unwrap_or_default())
            }
            None => {
                (fields.map_or_else(|| path_of_name(node.name()), |fields| fields.path(node.name())), String::new())
            }
        };
        let value = node.attribute.iter().find(|attribute| attribute.name() == "value").and_then(|attribute| {
            let constant = constant(attribute.t.as_deref()?, weights)?;
            Some((*constant.array.data.first()?, constant.whole))
        });
        Node {
            name: node.name().into(),
            operator: if matches!(node.domain(), "" | "ai.onnx") {
                node.op_type().into()
            } else {
                format!("{}.{}", node.domain(), node.op_type())
            },
            inputs: node.input.clone(),
            outputs: node.output.clone(),
            path,
            class,
            classes: full.into_iter().zip(classes).collect(),
            value,
            attributes: node.attribute.iter().map(|attribute| (attribute.name().into(), attribute.clone())).collect(),
        }
    }
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attributes.get(name).map_or(default, AttributeProto::i)
    }
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attributes.get(name).map_or(default, AttributeProto::f)
    }
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        self.attributes.get(name).map(|attribute| attribute.ints.clone())
    }
    /// Returns sizes, such as a kernel; `None` if there are none or one is negative.
    pub fn sizes(&self, name: &str) -> Option<Vec<usize>> {
        self.ints(name)?.into_iter().map(|size| usize::try_from(size).ok()).collect()
    }
    /// Returns one size.
    pub fn size(&self, name: &str) -> Option<usize> {
        usize::try_from(self.attributes.get(name)?.i()).ok()
    }
    pub fn text(&self, name: &str, default: &str) -> String {
        let found = self.attributes.get(name);
        found.map_or_else(|| default.into(), |attribute| String::from_utf8_lossy(attribute.s()).into_owned())
    }
    pub fn tensor(&self, name: &str) -> Option<&TensorProto> {
        self.attributes.get(name)?.t.as_deref()
    }
    pub fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
    /// Returns whether a graph is inside: a branch or a loop.
    pub fn has_graph(&self) -> bool {
        self.attributes.values().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
    }
}

/// Reads a list of texts as Python prints it: `['', 'layer1', 'layer1.0']`.
fn words(list: &str) -> Vec<String> {
    let inside = list.trim().trim_start_matches('[').trim_end_matches(']');
    inside.split(',').map(|word| word.trim().trim_matches(['\'', '"']).to_owned()).collect()
}

/// Returns the modules in names as older exporters write them: `/layer1/layer1.0/conv1/Conv`.
fn path_of_name(name: &str) -> Vec<String> {
    let Some(name) = name.strip_prefix('/') else { return Vec::new() };
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    // An inner module of a list has the name of the list before its own: `layer1`, `layer1.0`.
    parts.iter().flat_map(|part| part.rsplit('.').next()).map(String::from).collect()
}

/// Reads the numbers of a tensor; `None` for text and for other elements that are no numbers.
pub fn constant(tensor: &TensorProto, weights: &Weights) -> Option<Constant> {
    let shape: Vec<usize> = tensor.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<_>>()?;
    let float = is_float(tensor);
    let data = if float {
        weights.floats(tensor).ok()?.into_iter().map(f64::from).collect()
    } else {
        weights.ints(tensor).ok()?.into_iter().map(|number| number as f64).collect()
    };
    Some(Constant { array: Array::new(shape, data)?, whole: !float })
}

pub fn is_float(tensor: &TensorProto) -> bool {
    matches!(tensor.element_type(), DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16)
}
