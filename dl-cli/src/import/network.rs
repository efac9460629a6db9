//! The network between ONNX and source: layers of the language with their weights, and views of their results.

use super::array::Array;
use super::constants::Constant;
use super::rotary::Term;
use std::rc::Rc;

/// The number of a layer, which also is that of its result.
pub type Id = usize;

/// Shapes for two choices of the run-time sizes; sizes that differ are such sizes. The first dimension is the batch.
pub type Shapes = [Vec<usize>; 2];

/// The meaning of a name of the ONNX graph.
#[derive(Clone, Debug)]
pub enum Value {
    /// Numbers that are the same for every sample, for the two choices of the run-time sizes.
    Constant(Rc<[Constant; 2]>),
    /// Weights.
    Weight(Rc<Array<f32>>),
    /// The first rows of a table, one for each position of a sequence, and the modules that the table is in.
    Positions(Rc<Array<f32>>, Vec<String>),
    /// A result of a layer, or its elements in another order.
    Flow(View),
    /// The result of a node that is not known.
    Lost,
}

/// Elements of the result of a layer, in another shape, in another order, or some of them.
#[derive(Clone, Debug)]
pub struct View {
    pub of: Id,
    pub shapes: Shapes,
    /// The places of the elements, for the first choice of sizes; `None` if they are all, in order.
    pub places: Option<Rc<Array<u32>>>,
}

/// A layer, an operation, or an input.
#[derive(Clone, Debug)]
pub struct Layer {
    pub what: What,
    pub inputs: Vec<Id>,
    pub weights: Vec<Weight>,
    pub shapes: Shapes,
    /// The modules that it is in. If `own`, the last one is the layer itself.
    pub path: Vec<String>,
    pub own: bool,
    /// An earlier layer whose weights are used once more.
    pub again: Option<Id>,
    pub class: String,
    /// The node that it comes from, and its operator, for errors.
    pub node: String,
    pub operator: String,
}

/// A tensor of a layer: what follows the name of the layer in files, without the dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    pub name: String,
    pub array: Rc<Array<f32>>,
}

#[derive(Clone, Debug)]
pub enum What {
    Input(String),
    Call(Call),
    /// Arithmetic on two values.
    Binary(char),
    /// Arithmetic on a value and a number, which comes first if the last field says so.
    Scalar(char, f64, bool),
    Parameter,
    /// Attention scores of which those of later rows, and of rows too far before, are set to -∞.
    Masked(Sight),
    /// Elements as sums of those of another layer, for rotary embeddings.
    Terms(Rc<Array<Term>>),
    /// A product of two views, for attention.
    Product(View, View),
    /// Attention without its last projection.
    Heads(Heads),
    /// Something that only has a place in a pattern, or none at all.
    Unknown,
}

/// The rows up to itself that a row sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The number of rows that it sees, with itself; all for `None`.
    pub window: Option<usize>,
}

/// The parts of attention up to its last projection.
#[derive(Clone, Debug)]
pub struct Heads {
    pub heads: usize,
    /// The heads of keys and values, of which each is for several of the queries.
    pub kv_heads: usize,
    /// The rows that a row sees; all for `None`.
    pub sight: Option<Sight>,
    /// The base of a rotary embedding of queries and keys.
    pub rotary: Option<f64>,
    /// The module around the projections, if their names say it.
    pub path: Vec<String>,
    /// `q`, `k` and `v`.
    pub projections: [Projection; 3],
}

/// The weights of a projection, and its bias.
pub type Projection = (Rc<Array<f32>>, Option<Rc<Array<f32>>>);

/// The use of a layer of the language.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: &'static str,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name, for one that is not positional.
    pub name: Option<&'static str>,
    /// The name of a parameter of a block that is passed on to it.
    pub label: &'static str,
    pub text: String,
    /// `true` if it can be left out, because it is the default.
    pub default: bool,
    /// A layer whose name is the argument.
    pub layer: Option<Id>,
}

impl Call {
    pub fn new(name: &'static str) -> Self {
        Call { name, arguments: Vec::new() }
    }
    fn argument(mut self, name: Option<&'static str>, label: &'static str, text: String, default: bool) -> Self {
        self.arguments.push(Argument { name, label, text, default, layer: None });
        self
    }
    /// Adds a positional argument.
    pub fn with(self, label: &'static str, text: impl ToString) -> Self {
        self.argument(None, label, text.to_string(), false)
    }
    /// Adds a named argument.
    pub fn named(self, name: &'static str, text: impl ToString) -> Self {
        self.argument(Some(name), name, text.to_string(), false)
    }
    /// Adds a named argument, unless it is the default.
    pub fn unless(self, default: &str, name: &'static str, text: impl ToString) -> Self {
        let text = text.to_string();
        if text == default { self } else { self.named(name, text) }
    }
    /// Adds a named argument that is only written if it is not the default, or if it differs between the uses of a block.
    pub fn or_default(self, default: &str, name: &'static str, text: impl ToString) -> Self {
        let text = text.to_string();
        let is_default = text == default;
        self.argument(Some(name), name, text, is_default)
    }
    /// Adds a layer as a positional argument.
    pub fn with_layer(mut self, layer: Id) -> Self {
        self.arguments.push(Argument {
            name: None,
            label: "",
            text: String::new(),
            default: false,
            layer: Some(layer),
        });
        self
    }
    pub fn has(&self, name: &str, text: &str) -> bool {
        self.arguments.iter().any(|argument| argument.name == Some(name) && argument.text == text)
    }
}

/// Writes one number, or a pair of different ones in brackets.
pub fn pair(sizes: &[usize]) -> String {
    match sizes {
        [] => String::new(),
        [first, rest @ ..] if rest.iter().all(|size| size == first) => first.to_string(),
        _ => format!("{sizes:?}"),
    }
}

/// Writes a number of 32 bits with as few digits as it needs: `1e-5`.
pub fn float(number: f64) -> String {
    let number = number as f32;
    if number != 0.0 && !(1e-3..1e6).contains(&number.abs()) { format!("{number:e}") } else { format!("{number}") }
}
