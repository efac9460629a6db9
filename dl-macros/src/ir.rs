//! The intermediate representation: one checked network as a list of operations on values, in order of execution.
//!
//! Built by `lower` (with `check` and `layers`), read by `fuse`, `plan` and `emit`. Everything in it is right: a model with
//! mistakes has an `Ir` too, but with `broken` set and only its header to be relied on.

use crate::dim::Dim;
use proc_macro2::{Ident, Span, TokenStream};

/// Index into [`Ir::values`].
pub type ValueId = usize;
/// Index into [`Ir::fields`].
pub type FieldId = usize;

/// The element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `f32`.
    F32,
    /// `u32`: classes and tokens.
    U32,
}

/// The shape of one sample.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Element type.
    pub element: Element,
    /// Outermost first.
    pub dims: Vec<Dim>,
}

/// One network.
pub struct Ir {
    /// Attributes and doc comments of the user, passed through.
    pub attributes: Vec<syn::Attribute>,
    /// Visibility of the struct.
    pub visibility: syn::Visibility,
    /// Name of the struct.
    pub name: Ident,
    /// The declared inputs with their values (one, for now).
    pub inputs: Vec<ValueId>,
    /// The output's value (one, for now).
    pub output: ValueId,
    /// The output shape as declared; equal to that of the output's value when the checks hold.
    pub declared_output: Shape,
    /// Every value; `values[inputs[0]]` is the input.
    pub values: Vec<Value>,
    /// Operations in order of execution; each value but the inputs is the output of exactly one.
    pub nodes: Vec<Node>,
    /// The fields of the struct, in order of first use.
    pub fields: Vec<Field>,
    /// What only rustc can check.
    pub checks: Vec<Check>,
    /// Whether errors were reported: then only the struct and its signatures are written.
    pub broken: bool,
}

/// One tensor that flows through the network.
#[derive(Clone)]
pub struct Value {
    /// Unique, in the user's words: the `let`, the `as`, or the kind and a counter (`relu1`). Snake case.
    pub name: Ident,
    /// Shape of one sample.
    pub shape: Shape,
}

/// One use of a layer.
#[derive(Clone)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// What it reads.
    pub inputs: Vec<ValueId>,
    /// What it makes.
    pub output: ValueId,
    /// Its weights; shared when several nodes have the same.
    pub field: Option<FieldId>,
    /// As declared: `conv2d(6, 5, padding: 2)`.
    pub text: String,
    /// Name for tables: the field if there is one, else the value.
    pub label: String,
    /// Name for the constant of its settings, unique: the label, with a number when weights are shared.
    pub constant: String,
    /// Multiply-adds for one sample.
    pub multiply_adds: Dim,
    /// Set by `fuse`: the activation that this operation applies to its output.
    pub activation: Option<Activation>,
}

/// How an operation is called; see the convention at the top of `dl-runtime/src/ops/mod.rs`.
#[derive(Clone)]
pub struct Op {
    /// The settings as a constant expression: `dl::ops::conv2d::Op { stride: [1, 1], … }`.
    pub config: Config,
    /// What the backward pass reads.
    pub keeps: Keeps,
    /// What forward computes for backward alone.
    pub saved: Option<Saved>,
    /// Whether `forward_in_place` and `backward_in_place` exist.
    pub in_place: bool,
    /// What is called at inference.
    pub inference: Inference,
    /// For activations: what a preceding operation can apply itself.
    pub activation: Option<Activation>,
    /// Whether the gradient to input `i` is the gradient to the output itself (add: both; sub: the first).
    pub passes_gradient: [bool; 2],
}

/// The settings of an operation.
#[derive(Clone)]
pub enum Config {
    /// No kernel: the output is the input under another shape (`flatten`).
    Reshape,
    /// `path { fields }`, and with `activation` a further field of that name, which `fuse` may set.
    Settings {
        /// Type of the settings: `dl::ops::conv2d::Op`.
        path: TokenStream,
        /// `stride: [1, 1], padding: [2, 2], …`, with a comma at the end where there are any.
        fields: TokenStream,
        /// Whether there is a field `activation`.
        activation: bool,
    },
    /// A whole expression, such as `dl::ops::Activation::Relu`.
    Expr(TokenStream),
}

/// An activation, as an expression of type `dl::ops::Activation`.
#[derive(Clone)]
pub struct Activation {
    /// `dl::ops::Activation::Relu`.
    pub expr: TokenStream,
    /// Whether its backward pass reads its output (relu) rather than its input (gelu).
    pub keeps_output: bool,
}

/// What the backward pass of an operation reads, in the order of its arguments.
#[derive(Clone, Copy, Default)]
pub struct Keeps {
    /// All inputs.
    pub inputs: bool,
    /// The output.
    pub output: bool,
}

/// What forward computes for backward alone.
#[derive(Clone)]
pub struct Saved {
    /// Type of one value: `[[f32; 6]; 2]`.
    pub ty: TokenStream,
    /// One for each sample, or one for the whole batch.
    pub per_sample: bool,
}

/// What is called at inference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// `forward`.
    Forward,
    /// `infer` (same arguments without `saved`), or `infer_in_place` where the plan allows.
    Infer,
    /// Nothing: the output is the input (`dropout`).
    Identity,
}

/// One field of the struct: a layer with weights.
pub struct Field {
    /// `conv1`, or what `as` says.
    pub name: Ident,
    /// `dl::ops::conv2d::Conv2d<1, 6, 5, 5>`.
    pub ty: TokenStream,
    /// In memory order.
    pub tensors: Vec<Tensor>,
    /// Arguments of the field's `init` before `rng`: `dl::Init::PyTorch, dl::Init::PyTorch`.
    pub init: TokenStream,
    /// One line for its documentation: `conv2d(6, 5, padding: 2)`.
    pub text: String,
}

/// One tensor of a field.
pub struct Tensor {
    /// `weight`: the field of the layer's struct, and PyTorch's name.
    pub name: &'static str,
    /// PyTorch's dimensions.
    pub shape: Vec<Dim>,
    /// A variant of `dl::Role`: `Weight`, `Bias`, `Scale`, `Statistic`.
    pub role: &'static str,
}

/// A condition that rustc decides, with what to say when it fails.
pub struct Check {
    /// Where to say it.
    pub span: Span,
    /// Of type `bool`.
    pub condition: TokenStream,
    /// What to say.
    pub message: crate::diagnostics::Message,
}

impl Shape {
    /// The type of one sample: `[[[f32; 28]; 28]; 1]`; a plain number for no dimensions.
    pub fn ty(&self) -> TokenStream {
        let element = match self.element {
            Element::F32 => quote::quote!(f32),
            Element::U32 => quote::quote!(u32),
        };
        self.dims.iter().rev().fold(element, |inner, dim| quote::quote!([#inner; #dim]))
    }
    /// Number of elements.
    pub fn len(&self) -> Dim {
        Dim::product(&self.dims)
    }
}

/// As declared: `[1, 28, 28]`, `u32[128]`.
impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.element == Element::U32 {
            f.write_str("u32")?;
        }
        let dims: Vec<String> = self.dims.iter().map(Dim::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}
