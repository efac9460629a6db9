//! Local functions of a file: their nodes take the place of each call, under names of their own.

use super::Unknown;
use dl_onnx::{AttributeProto, FunctionProto, GraphProto, NodeProto};
use std::collections::HashMap;

/// The most calls inside each other; functions that call themselves end here.
const DEEPEST: usize = 32;
/// The most calls, nodes in them and numbers in their attributes, so that a small file stays small.
const MOST: usize = 1 << 22;

/// Replaces the calls of local functions in the graph of a model.
pub fn inline(graph: &mut GraphProto, functions: Vec<FunctionProto>) -> Result<(), Vec<Unknown>> {
    if functions.is_empty() {
        return Ok(());
    }
    let key = |function: &FunctionProto| key(function.domain(), function.name(), function.overload());
    let mut inliner = Inliner {
        functions: functions.iter().map(|function| (key(function), function)).collect(),
        calls: 0,
        size: 0,
        nodes: Vec::new(),
    };
    for node in std::mem::take(&mut graph.node) {
        inliner.add(node, 0).map_err(|unknown| vec![unknown])?;
    }
    graph.node = inliner.nodes;
    Ok(())
}

fn key(domain: &str, name: &str, overload: &str) -> [String; 3] {
    [domain, name, overload].map(String::from)
}

struct Inliner<'f> {
    functions: HashMap<[String; 3], &'f FunctionProto>,
    /// The number of calls so far, which is a part of the names of values inside.
    calls: usize,
    /// The size of everything that the calls have added.
    size: usize,
    nodes: Vec<NodeProto>,
}

impl Inliner<'_> {
    /// Adds a node, or those of the function that it calls.
    fn add(&mut self, node: NodeProto, depth: usize) -> Result<(), Unknown> {
        let Some(function) = self.functions.get(&key(node.domain(), node.op_type(), node.overload())).copied() else {
            self.nodes.push(node);
            return Ok(());
        };
        self.size += 1 + function.node.iter().map(size).sum::<usize>();
        if depth == DEEPEST || self.size > MOST {
            return Err(Unknown {
                node: node.name().into(),
                operator: format!("the function `{}`, which is too large or calls itself", function.name()),
                ..Unknown::default()
            });
        }
        self.calls += 1;
        let mut names: HashMap<&str, String> = HashMap::new();
        for (inner, outer) in function.input.iter().zip(node.input.iter().map(Some).chain(std::iter::repeat(None))) {
            names.insert(inner, outer.cloned().unwrap_or_default());
        }
        for (inner, outer) in function.output.iter().zip(&node.output) {
            names.insert(inner, outer.clone());
        }
        let prefix = format!("{}_{}", function.name(), self.calls);
        let rename = |name: &String| match names.get(&**name) {
            _ if name.is_empty() => String::new(),
            Some(outer) => outer.clone(),
            None => format!("{prefix}.{name}"),
        };
        for inner in &function.node {
            let mut inner = inner.clone();
            inner.input = inner.input.iter().map(rename).collect();
            inner.output = inner.output.iter().map(rename).collect();
            inner.attribute = inner.attribute.into_iter().filter_map(|own| given(own, &node, function)).collect();
            // The module of the call is around those inside.
            if inner.metadata_props.is_empty() {
                inner.metadata_props.clone_from(&node.metadata_props);
            }
            if !inner.name().starts_with('/') {
                inner.name = Some(node.name().into());
            }
            self.add(inner, depth + 1)?;
        }
        Ok(())
    }
}

/// Returns an attribute of a node in a function, which may be one of the call, or its default; `None` if neither is there.
fn given(own: AttributeProto, call: &NodeProto, function: &FunctionProto) -> Option<AttributeProto> {
    let name = own.ref_attr_name();
    if name.is_empty() {
        return Some(own);
    }
    let named = |attribute: &&AttributeProto| attribute.name() == name;
    let found = call.attribute.iter().find(named).or_else(|| function.attribute_proto.iter().find(named))?;
    Some(AttributeProto { name: own.name.clone(), ..found.clone() })
}

/// Returns the names of a node and the numbers of its attributes, counted; graphs inside, which are not read, are as many as there may be.
fn size(node: &NodeProto) -> usize {
    let attribute = |own: &AttributeProto| {
        let tensors = own.t.iter().map(|tensor| &**tensor).chain(&own.tensors);
        let numbers = tensors.map(|tensor| {
            let floats = tensor.float_data.len() + tensor.double_data.len() + tensor.string_data.len();
            floats + tensor.int32_data.len() + tensor.int64_data.len() + tensor.uint64_data.len() + tensor.dims.len()
        });
        let graphs = if own.g.is_some() || !own.graphs.is_empty() { MOST } else { 0 };
        1 + graphs + own.ints.len() + own.floats.len() + own.strings.len() + numbers.sum::<usize>()
    };
    let names: usize = node.input.iter().chain(&node.output).map(String::len).sum();
    1 + names + node.attribute.iter().map(attribute).sum::<usize>()
}
