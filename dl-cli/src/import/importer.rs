//! Translates the nodes of a graph to layers, one after another; what no place translates is collected, with its name.

use super::array::{Array, size};
use super::constants::Constant;
use super::fields::Fields;
use super::functions::Functions;
use super::graph::{Node, constant, is_float};
use super::network::{Call, Id, Layer, Shapes, Value, View, Weight, What};
use super::values::{fold, module, shape_of};
use super::{Options, Unknown};
use dl_onnx::tensor_shape_proto::dimension::Value as Size;
use dl_onnx::{GraphProto, ValueInfoProto, Weights};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The two choices of the batch and of further run-time sizes. They are neither equal nor multiples of each other.
const BATCH: [usize; 2] = [2, 3];
const LENGTHS: [[usize; 2]; 3] = [[7, 11], [13, 17], [19, 23]];

/// The layers of a network, and the values of the graph so far.
pub struct Importer {
    pub options: Options,
    pub layers: Vec<Layer>,
    pub values: BTreeMap<String, Value>,
    pub unknown: Vec<Unknown>,
    /// Why the node is not known, if a translation says it.
    pub help: Option<&'static str>,
    pub functions: Functions,
    /// The names of a network that this library exported.
    pub fields: Option<Fields>,
    /// The node that is translated.
    pub node: Rc<Node>,
}

/// A network: its layers, and the layers that are its inputs and outputs.
pub struct Network {
    pub layers: Vec<Layer>,
    pub inputs: Vec<Id>,
    pub outputs: Vec<(String, Id)>,
    /// The classes of modules by their full names; that of the whole network has an empty name.
    pub classes: BTreeMap<String, String>,
    /// The name of the model, if this library exported it.
    pub name: Option<String>,
    /// `true` if the names are those of fields, which the source keeps.
    pub exact: bool,
}

/// Translates a graph; `fields` are the names of one that this library exported.
pub fn translate(
    graph: &GraphProto,
    weights: &Weights,
    options: Options,
    fields: Option<Fields>,
) -> Result<Network, Vec<Unknown>> {
    let mut importer = Importer {
        options,
        layers: Vec::new(),
        values: BTreeMap::new(),
        unknown: Vec::new(),
        help: None,
        functions: Functions::default(),
        fields,
        node: Rc::default(),
    };
    for tensor in &graph.initializer {
        let value = if is_float(tensor) {
            let shape = tensor.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<Vec<_>>>();
            let numbers = weights.floats(tensor).map_err(|error| vec![Unknown::text(error.to_string())])?;
            shape.and_then(|shape| Array::new(shape, numbers)).map(|array| Value::Weight(Rc::new(array)))
        } else {
            constant(tensor, weights).map(|constant| Value::Constant(Rc::new([constant.clone(), constant])))
        };
        importer.values.insert(tensor.name().into(), value.unwrap_or(Value::Lost));
    }
    let inputs = importer.inputs(graph)?;
    let nodes: Vec<Rc<Node>> =
        graph.node.iter().map(|node| Rc::new(Node::new(node, weights, importer.fields.as_ref()))).collect();
    let used = used(&nodes, graph);
    for node in nodes.iter().filter(|node| node.outputs.iter().any(|output| used.contains(&**output))) {
        importer.node = node.clone();
        importer.next(node, weights);
    }
    let mut outputs = Vec::new();
    for output in &graph.output {
        match importer.values.get(output.name()).cloned() {
            Some(Value::Flow(view)) => match importer.settle(&view) {
                Some(layer) => outputs.push((output.name().to_owned(), layer)),
                None => importer.unknown.push(Unknown::text(format!("the layout of the output `{}`", output.name()))),
            },
            Some(Value::Lost) => {}
            _ => importer
                .unknown
                .push(Unknown::text(format!("the output `{}`, which depends on no input", output.name()))),
        }
    }
    let classes = nodes.iter().flat_map(|node| node.classes.iter().cloned()).collect();
    let mut network = importer.finish(inputs, outputs, classes)?;
    network.name = graph.name.clone().filter(|_| network.exact);
    Ok(network)
}

/// Returns the names of all values that the outputs depend on.
fn used<'n>(nodes: &'n [Rc<Node>], graph: &'n GraphProto) -> BTreeSet<&'n str> {
    let mut used: BTreeSet<&str> = graph.output.iter().map(|output| output.name()).collect();
    for node in nodes.iter().rev() {
        if node.outputs.iter().any(|output| used.contains(&**output)) {
            used.extend(node.inputs.iter().map(|input| &**input));
        }
    }
    used
}

impl Importer {
    fn inputs(&mut self, graph: &GraphProto) -> Result<Vec<Id>, Vec<Unknown>> {
        let mut lengths: Vec<String> = Vec::new();
        let mut ids = Vec::new();
        let declared: Vec<&ValueInfoProto> =
            graph.input.iter().filter(|input| !self.values.contains_key(input.name())).collect();
        for input in declared {
            let Some(dl_onnx::type_proto::Value::TensorType(tensor)) =
                input.r#type.as_ref().and_then(|t| t.value.as_ref())
            else {
                return Err(vec![Unknown::text(format!("the input `{}`, which is no tensor", input.name()))]);
            };
            let mut shapes: Shapes = Default::default();
            for (axis, dimension) in tensor.shape.iter().flat_map(|shape| &shape.dim).enumerate() {
                let sizes = match &dimension.value {
                    Some(Size::DimValue(size)) if axis > 0 || *size == 1 => {
                        usize::try_from(*size).ok().map(|size| [size; 2])
                    }
                    _ if axis == 0 => Some(BATCH),
                    Some(Size::DimParam(name)) if axis == 1 => {
                        let at = lengths.iter().position(|length| length == name).unwrap_or_else(|| {
                            lengths.push(name.clone());
                            lengths.len() - 1
                        });
                        LENGTHS.get(at).copied()
                    }
                    _ => None,
                };
                let Some(sizes) = sizes else {
                    let text = format!(
                        "the input `{}` has a run-time size in dimension {axis}; export it with a fixed size",
                        input.name()
                    );
                    return Err(vec![Unknown::text(text)]);
                };
                shapes[0].push(sizes[0]);
                shapes[1].push(sizes[1]);
            }
            let Some(_) = size(&shapes[0]).filter(|_| !shapes[0].is_empty()) else {
                return Err(vec![Unknown::text(format!("the input `{}`, which has no batch", input.name()))]);
            };
            let what = What::Input(super::source::names::identifier(input.name()));
            let id = self.push(what, Vec::new(), Vec::new(), shapes);
            // Whole numbers are tokens.
            self.layers[id].operator = if tensor.elem_type() == 1 { "f32".into() } else { "u32".into() };
            self.values.insert(input.name().into(), Value::Flow(self.whole(id)));
            ids.push(id);
        }
        Ok(ids)
    }
    /// Translates a node, or records that it is not known.
    fn next(&mut self, node: &Node, weights: &Weights) {
        let inputs: Vec<Option<Value>> = node
            .inputs
            .iter()
            .map(|name| (!name.is_empty()).then(|| self.values.get(name).cloned().unwrap_or(Value::Lost)))
            .collect();
        let lost = inputs.iter().flatten().any(|input| matches!(input, Value::Lost));
        let outputs = if lost || node.has_graph() { None } else { self.node(node, &inputs, weights) };
        if outputs.is_none() && !lost {
            let help = std::mem::take(&mut self.help).map_or_else(String::new, String::from);
            self.unknown.push(Unknown::node(node, help));
        }
        self.help = None;
        let mut outputs = outputs.unwrap_or_default().into_iter();
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            self.values.insert(name.clone(), outputs.next().unwrap_or(Value::Lost));
        }
    }
    fn node(&mut self, node: &Node, inputs: &[Option<Value>], weights: &Weights) -> Option<Vec<Value>> {
        if node.operator == "Constant" {
            return Some(vec![self.constant_node(node, weights)?]);
        }
        if matches!(&*node.operator, "Shape" | "Size") {
            return Some(vec![shape_of(node, inputs.first()?.as_ref()?)?]);
        }
        if let ("CastLike", [Some(value), Some(like)]) = (&*node.operator, inputs) {
            return self.cast_like(value, like);
        }
        if let Some(value) = fold(node, inputs) {
            return Some(vec![value]);
        }
        self.moved(node, inputs)
            .or_else(|| self.image(node, inputs))
            .or_else(|| self.rows(node, inputs))
            .or_else(|| self.recurrent(node, inputs))
            .or_else(|| self.only_torch(node, inputs))
            .or_else(|| self.maths(node, inputs))
    }
    /// Translates a conversion to the type of another value.
    fn cast_like(&self, value: &Value, like: &Value) -> Option<Vec<Value>> {
        let whole = |value: &Value| match value {
            Value::Constant(constants) => constants[0].whole,
            Value::Flow(view) => self.layers[view.of].operator == "u32",
            _ => false,
        };
        let to = whole(like);
        match value {
            Value::Constant(constants) => {
                let cast = |at: usize| Constant { whole: to, ..constants[at].clone() };
                Some(vec![Value::Constant(Rc::new([cast(0), cast(1)]))])
            }
            value => (whole(value) == to).then(|| vec![value.clone()]),
        }
    }
    fn constant_node(&self, node: &Node, weights: &Weights) -> Option<Value> {
        if let Some(tensor) = node.tensor("value") {
            let constant = constant(tensor, weights)?;
            if !constant.whole {
                let data = constant.array.data.iter().map(|number| *number as f32).collect();
                return Some(Value::Weight(Rc::new(Array::new(constant.array.shape, data)?)));
            }
            return Some(Value::Constant(Rc::new([constant.clone(), constant])));
        }
        let constant = if node.has("value_int") {
            Constant { array: Array::scalar(node.int("value_int", 0) as f64), whole: true }
        } else if node.has("value_float") {
            Constant { array: Array::scalar(node.float("value_float", 0.0).into()), whole: false }
        } else {
            let ints: Vec<f64> = node.ints("value_ints")?.into_iter().map(|number| number as f64).collect();
            Constant::whole(vec![ints.len()], ints)?
        };
        Some(Value::Constant(Rc::new([constant.clone(), constant])))
    }

    /// Adds a layer.
    pub fn push(&mut self, what: What, inputs: Vec<Id>, weights: Vec<Weight>, shapes: Shapes) -> Id {
        let node = &self.node;
        let path = module(node);
        // A module of these kinds has others inside, so it is around the layer.
        let around = [".container.", ".transformer."].iter().any(|kind| node.class.contains(kind));
        let own = !weights.is_empty() || node.class.starts_with("torch.nn.modules.") && !around;
        self.layers.push(Layer {
            what,
            inputs,
            weights,
            shapes,
            own: own && !path.is_empty(),
            again: None,
            path,
            class: node.class.clone(),
            node: node.name.clone(),
            operator: node.operator.clone(),
        });
        self.functions.add(&self.layers);
        self.layers.len() - 1
    }
    /// Adds a layer, and returns its result.
    pub fn call(&mut self, call: Call, inputs: Vec<Id>, weights: Vec<Weight>, shapes: Shapes) -> Vec<Value> {
        let id = self.push(What::Call(call), inputs, weights, shapes);
        vec![Value::Flow(self.whole(id))]
    }
    /// Returns the result of a layer as it is.
    pub fn whole(&self, id: Id) -> View {
        View { of: id, shapes: self.layers[id].shapes.clone(), places: None }
    }
    /// Keeps the layers that the outputs depend on.
    fn finish(
        mut self,
        inputs: Vec<Id>,
        outputs: Vec<(String, Id)>,
        classes: BTreeMap<String, String>,
    ) -> Result<Network, Vec<Unknown>> {
        let mut kept = vec![false; self.layers.len()];
        inputs.iter().chain(outputs.iter().map(|(_, id)| id)).for_each(|id| kept[*id] = true);
        for id in (0..self.layers.len()).rev() {
            if kept[id] {
                self.layers[id].inputs.iter().for_each(|input| kept[*input] = true);
            }
        }
        let left = |layer: &Layer| {
            matches!(layer.what, What::Unknown | What::Masked(_) | What::Terms(_) | What::Product(..) | What::Heads(_))
        };
        for (layer, _) in self.layers.iter().zip(&kept).filter(|(layer, kept)| **kept && left(layer)) {
            self.unknown.push(Unknown::layer(layer));
        }
        if !self.unknown.is_empty() {
            return Err(self.unknown);
        }
        if outputs.is_empty() {
            return Err(vec![Unknown::text("a graph without outputs".into())]);
        }
        let mut new = vec![0; kept.len()];
        let mut layers: Vec<Layer> = Vec::new();
        for (id, mut layer) in self.layers.into_iter().enumerate().filter(|(id, _)| kept[*id]) {
            new[id] = layers.len();
            layer.inputs.iter_mut().for_each(|input| *input = new[*input]);
            if let What::Call(call) = &mut layer.what {
                call.arguments.iter_mut().filter_map(|argument| argument.layer.as_mut()).for_each(|id| *id = new[*id]);
            }
            layers.push(layer);
        }
        let inputs = inputs.into_iter().map(|id| new[id]).collect();
        let outputs: Vec<(String, Id)> = outputs.into_iter().map(|(name, id)| (name, new[id])).collect();
        let exact = self.fields.is_some();
        if exact {
            let outputs: Vec<Id> = outputs.iter().map(|(_, id)| *id).collect();
            super::placing::place(&mut layers, &outputs);
        }
        Ok(Network { layers, inputs, outputs, classes, name: None, exact })
    }
}
