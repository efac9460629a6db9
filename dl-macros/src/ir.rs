//! The intermediate representation: one checked network as a list of operations on values, in order of execution.
//!
//! Built by `lower` (with `check` and `layers`), read by `fuse`, `plan` and `emit`. Everything in it is right: a model with
//! mistakes has an `Ir` too, but with `broken` set and only its header to be relied on.

use crate::diagnostics::{Check, Message};
use crate::dim::Dim;
use crate::types::Type;
use proc_macro2::{Ident, TokenStream};

/// Index into [`Ir::values`].
pub type ValueId = usize;
/// Index into [`Ir::fields`].
pub type FieldId = usize;
/// Index into [`Ir::scopes`].
pub type ScopeId = usize;

/// The element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `f32`.
    F32,
    /// `u32`: classes and tokens.
    U32,
}

/// The shape of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Element type.
    pub element: Element,
    /// Outermost first.
    pub dims: Vec<Dim>,
    /// The struct that it is, for several values side by side; its elements are then counted by `dims`.
    pub record: Option<Type>,
}

/// One network.
pub struct Ir {
    /// Attributes and doc comments of the user, passed through.
    pub attributes: Vec<syn::Attribute>,
    /// Visibility of the struct.
    pub visibility: syn::Visibility,
    /// Name of the struct.
    pub name: Ident,
    /// The const parameters.
    pub generics: Vec<Ident>,
    /// The declared inputs.
    pub inputs: Vec<ValueId>,
    /// The outputs as declared; their shapes are those of their values when the checks hold.
    pub outputs: Vec<Output>,
    /// Every value.
    pub values: Vec<Value>,
    /// Operations in order of execution; each value but the inputs is the output of exactly one.
    pub nodes: Vec<Node>,
    /// The fields of the struct, in order of first use.
    pub fields: Vec<Field>,
    /// The structs inside the struct.
    pub scopes: Vec<Scope>,
    /// The objective, where there is a `loss` clause.
    pub objective: Option<Objective>,
    /// What only rustc can check.
    pub checks: Vec<Check>,
    /// Whether errors were reported: then only the struct and its signatures are written.
    pub broken: bool,
    /// The words of the `model!`, which nothing generated may be called.
    pub reserved: std::rc::Rc<crate::names::ReservedNames>,
}

/// The `loss` clause: its nodes are the last of [`Ir::nodes`].
#[derive(Clone)]
pub struct Objective {
    /// What it takes beside the inputs.
    pub targets: Vec<ValueId>,
    /// What it adds up; no two are the same value.
    pub terms: Vec<Term>,
    /// Its first value: those before it are the body's.
    pub start: ValueId,
    /// The values of the body, beside the outputs, that its nodes read and give a gradient to.
    pub seeds: Vec<ValueId>,
}

/// One term of the objective.
#[derive(Clone)]
pub struct Term {
    /// For reports: the `let`, or the kind of loss.
    pub name: String,
    /// One number for each sample.
    pub value: ValueId,
    /// What it is multiplied by in the sum.
    pub weight: TokenStream,
}

/// One output of the network. No two are the same value, and none is an input.
#[derive(Clone)]
pub struct Output {
    /// As declared; `output` when it is the only one.
    pub name: Ident,
    /// What it is.
    pub value: ValueId,
    /// As declared.
    pub shape: Shape,
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
    /// The type as which it sees the weights of another kind of layer (`unembedding`).
    pub weights_as: Option<Type>,
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
    pub keeps: BackwardReads,
    /// What forward computes for backward alone.
    pub saved: Option<Saved>,
    /// Whether `forward_in_place` and `backward_in_place` exist.
    pub in_place: bool,
    /// What is called at inference.
    pub inference: Inference,
    /// For activations: what a preceding operation can apply itself.
    pub activation: Option<Activation>,
    /// Whether the gradient to input `i` is the gradient to the output itself (add: both; sub: the first).
    pub passes_gradient: Vec<bool>,
    /// The operand of whole numbers that index something, and how many they may name.
    pub range: Option<Range>,
    /// Whether all inputs have one shape: that of the first, even where another's is written differently.
    pub same_shape: bool,
    /// Whether it is called once for every input, with the input's number (concat).
    pub each_input: bool,
    /// Whether its forward pass in training changes what it has in the network (batch_norm: its running statistics).
    pub updates_state: bool,
    /// Whether no gradient flows to what it reads (stop_gradient).
    pub stops_gradient: bool,
    /// Whether it is a model whose shapes only rustc knows: what flows in and out is checked apart from the passes, which
    /// take it as it is.
    pub elsewhere: bool,
}

/// The settings of an operation.
#[derive(Clone)]
pub enum Config {
    /// A model, or a layer written by hand: its type.
    Model(Type),
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
    pub backward_reads_output: bool,
}

/// What the backward pass of an operation reads, in the order of its arguments.
#[derive(Clone, Copy, Default)]
pub struct BackwardReads {
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

/// Whole numbers below a limit; checked where they enter the model.
#[derive(Clone)]
pub struct Range {
    /// Which operand.
    pub operand: usize,
    /// They are below this.
    pub limit: Dim,
    /// The function of `dl` that checks them: `check_labels`, `check_tokens`.
    pub check: &'static str,
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

/// A part of the struct that is a struct of its own: a block, or a combinator that `as` names.
pub struct Scope {
    /// The field: `bottleneck1`, or what `as` says.
    pub name: Ident,
    /// What its type is called after: the block.
    pub kind: String,
    /// The scope around it.
    pub parent: Option<ScopeId>,
}

/// One field of the struct: a layer with weights, or a model.
pub struct Field {
    /// The part of the struct that it is in.
    pub scope: Option<ScopeId>,
    /// `conv1`, or what `as` says.
    pub name: Ident,
    /// Whether it is a model: its tensors are its own to list, and its weights its own to draw.
    pub model: bool,
    /// `dl::layers::Conv2d<1, 6, 5, 5>`.
    pub ty: Type,
    /// In memory order.
    pub tensors: Vec<Tensor>,
    /// Arguments of the field's `init` before `rng`: `dl::Init::PyTorch, dl::Init::PyTorch`.
    pub init: TokenStream,
    /// One line for its documentation: `conv2d(6, 5, padding: 2)`.
    pub text: String,
    /// Trained numbers of a model, where the macro knows them.
    pub parameters: Option<Dim>,
}

impl Field {
    /// Trained numbers; `None` for a model that only rustc knows.
    pub fn trained(&self) -> Option<Dim> {
        if self.model {
            return self.parameters.clone();
        }
        let trained = self.tensors.iter().filter(|tensor| tensor.role != Role::Statistic);
        Some(trained.fold(Dim::Known(0), |sum, tensor| sum.add(&Dim::product(&tensor.shape))))
    }
}

/// What a tensor is for: the variants of `dl::Role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Weight,
    Bias,
    Scale,
    Statistic,
}

impl quote::ToTokens for Role {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Role::Weight => quote::quote!(dl::Role::Weight),
            Role::Bias => quote::quote!(dl::Role::Bias),
            Role::Scale => quote::quote!(dl::Role::Scale),
            Role::Statistic => quote::quote!(dl::Role::Statistic),
        });
    }
}

/// One tensor of a field.
pub struct Tensor {
    /// `weight`: the field of the layer's struct, and PyTorch's name.
    pub name: &'static str,
    /// PyTorch's dimensions.
    pub shape: Vec<Dim>,
    /// What it is for.
    pub role: Role,
}

impl Ir {
    /// How to declare the const parameters: `const IN: usize, const OUT: usize`.
    pub fn const_parameters(&self) -> TokenStream {
        let generics = &self.generics;
        quote::quote!(#(const #generics: usize),*)
    }
    /// The same between `<` and `>`; nothing where there are none.
    pub fn parameters(&self) -> TokenStream {
        let parameters = self.const_parameters();
        if self.generics.is_empty() { parameters } else { quote::quote!(<#parameters>) }
    }
    /// What comes before the type in `network!` and `record!`: `impl[const IN: usize, const OUT: usize]`.
    pub fn generic_traits(&self) -> TokenStream {
        let parameters = self.const_parameters();
        if self.generics.is_empty() { parameters } else { quote::quote!(impl[#parameters]) }
    }
    /// The struct with its const parameters: `Mlp<IN, OUT>`.
    pub fn self_type(&self) -> Type {
        self.generic(&self.name)
    }
    /// `name` with the const parameters of the model.
    pub fn generic(&self, name: &Ident) -> Type {
        Type::Own(name.clone(), self.generics.iter().cloned().map(Dim::Parameter).collect())
    }
    /// The names that lead to a field: `layer1`, `conv1`.
    pub fn path(&self, field: FieldId) -> Vec<Ident> {
        let field = &self.fields[field];
        let mut path = vec![field.name.clone()];
        let mut scope = field.scope;
        while let Some(id) = scope {
            path.insert(0, self.scopes[id].name.clone());
            scope = self.scopes[id].parent;
        }
        path
    }
    /// The access to a field, after a dot: `layer1.conv1`.
    pub fn access(&self, field: FieldId) -> TokenStream {
        let path = self.path(field);
        quote::quote!(#(#path).*)
    }
    /// The values whose gradient is given from outside: outputs, and the terms of the loss.
    pub fn gradient_sources(&self) -> impl Iterator<Item = ValueId> + '_ {
        let terms = self.objective.iter().flat_map(|objective| objective.terms.iter().map(|term| term.value));
        self.outputs.iter().map(|output| output.value).chain(terms)
    }
    /// How many of `nodes` are the body's; those of the loss come after.
    pub fn body_len(&self, nodes: &[Node]) -> usize {
        let start = self.objective.as_ref().map_or(usize::MAX, |objective| objective.start);
        nodes.iter().filter(|node| node.output < start).count()
    }
}

impl Node {
    /// The value in whose shape it reads input `k`.
    pub fn shape_of_input(&self, k: usize) -> ValueId {
        self.inputs[if self.op.same_shape { 0 } else { k }]
    }
    /// Whether it has passes in place: with weights (batch_norm), at inference only.
    pub fn may_run_in_place(&self, training: bool) -> bool {
        self.op.in_place && !(training && self.field.is_some())
    }
}

impl Shape {
    /// The type of one sample: `[[[f32; 28]; 28]; 1]`; a plain number for no dimensions.
    pub fn ty(&self) -> TokenStream {
        if let Some(record) = &self.record {
            return quote::quote!(#record);
        }
        let element = match self.element {
            Element::F32 => quote::quote!(f32),
            Element::U32 => quote::quote!(u32),
        };
        self.dims.iter().rev().fold(element, |inner, dim| quote::quote!([#inner; #dim]))
    }
    /// Several values side by side.
    pub fn record(ty: Type, parts: &[Shape]) -> Self {
        let len = parts.iter().fold(Dim::Known(0), |sum, part| sum.add(&part.len()));
        Shape { element: Element::F32, dims: vec![len], record: Some(ty) }
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

/// The same in a message, whose numbers rustc may fill in.
impl From<&Shape> for Message {
    fn from(shape: &Shape) -> Self {
        if shape.dims.is_empty() {
            return Message::from(if shape.element == Element::U32 { "one number of type u32" } else { "one number" });
        }
        let mut message = Message::from(if shape.element == Element::U32 { "u32[" } else { "[" });
        for (i, dim) in shape.dims.iter().enumerate() {
            if i > 0 {
                message.push(", ");
            }
            message.push(dim);
        }
        message.push("]");
        message
    }
}
