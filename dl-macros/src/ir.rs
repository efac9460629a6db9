//! The intermediate representation: a checked network as a graph of operations on values, listed in order of execution.
//!
//! `lower` builds it (with `check` and `layers`); `fuse`, `plan` and `emit` read it. Everything in it has been checked. A model
//! with mistakes also has an `Ir`, but `broken` is set, and only its header is reliable.

mod field;
mod int8;
mod operation;
mod shape;

use crate::diagnostics::Check;
use crate::dim::Dim;
use crate::types::Type;
pub use field::{Field, Role, Scope, Tensor};
pub use int8::{Form, Int8, Int8Op};
pub use operation::{
    Activation, BackwardReads, Blocks, Channels, Config, Inference, Op, Range, Reduction, Saved, Stepping,
};
use proc_macro2::{Ident, Span, TokenStream};
pub use shape::{Element, Length, Shape};

/// Index into [`Ir::values`].
pub type ValueId = usize;
/// Index into [`Ir::fields`].
pub type FieldId = usize;
/// Index into [`Ir::scopes`].
pub type ScopeId = usize;
/// Index into [`Ir::checkpoints`].
pub type CheckpointId = usize;

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
    /// The run-time dimensions: the lengths of the inputs that are sequences, in their order.
    pub lengths: Vec<Length>,
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
    /// The uses of `checkpoint { … }`: for each, the one around it.
    pub checkpoints: Vec<Option<CheckpointId>>,
    /// The objective, if there is a `loss` clause.
    pub objective: Option<Objective>,
    /// The checks that are left to rustc.
    pub checks: Vec<Check>,
    /// `true` if errors were reported, so that only the struct and its signatures are written.
    pub broken: bool,
    /// The attribute `#[int8]`, by which it gets a form on int8.
    pub int8: Option<Span>,
    /// The parts that are written of that form.
    pub form: Form,
    /// `true` if inference has a pass whose input and output are in blocks of channels, which another model of the `model!` calls.
    pub in_blocks: bool,
    /// `true` if there is neither `std` nor a heap, so that only the code for prediction is written.
    pub without_std: bool,
    /// The names in the `model!`, which generated items must not have.
    pub reserved: std::rc::Rc<crate::names::ReservedNames>,
}

/// The `loss` clause: its nodes are the last of [`Ir::nodes`].
#[derive(Clone)]
pub struct Objective {
    /// The values that it takes in addition to the inputs.
    pub targets: Vec<ValueId>,
    /// The terms of the sum; no two are the same value.
    pub terms: Vec<Term>,
    /// Its first value; those before it belong to the body.
    pub start: ValueId,
    /// The values of the body that its nodes read and give a gradient to, without the outputs.
    pub seeds: Vec<ValueId>,
}

/// One term of the loss.
#[derive(Clone)]
pub struct Term {
    /// The name in reports: that of the `let`, or the name of the loss.
    pub name: String,
    /// One number for each sample.
    pub value: ValueId,
    /// The factor of the term in the sum.
    pub weight: TokenStream,
}

/// One output of the network. No two are the same value, and none is an input.
#[derive(Clone)]
pub struct Output {
    /// The declared name; `output` when it is the only one.
    pub name: Ident,
    /// The value of the output.
    pub value: ValueId,
    /// The declared shape.
    pub shape: Shape,
}

/// One tensor that flows through the network.
#[derive(Clone)]
pub struct Value {
    /// A unique name in snake case: that of the `let` or the `as`, or the kind and a counter (`relu1`).
    pub name: Ident,
    /// Shape of one sample.
    pub shape: Shape,
}

/// One use of a layer.
#[derive(Clone)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// The values that it reads.
    pub inputs: Vec<ValueId>,
    /// The value that it computes.
    pub output: ValueId,
    /// The field with its weights; nodes that share weights have the same field.
    pub field: Option<FieldId>,
    /// The type to which it casts the weights of another kind of layer (`unembedding`).
    pub weights_as: Option<Type>,
    /// The use as the user wrote it: `conv2d(6, 5, padding: 2)`.
    pub text: String,
    /// The name in tables: that of the field if there is one, else of the value.
    pub label: String,
    /// The unique name for the constant of its settings: the label, with a number when weights are shared.
    pub constant: String,
    /// The number of multiply-adds for one sample.
    pub multiply_adds: Dim,
    /// The innermost `checkpoint { … }` around it.
    pub checkpoint: Option<CheckpointId>,
    /// Set by `fuse`: the activation that this operation applies to its output.
    pub activation: Option<Activation>,
    /// Set by `fuse`: the batch norm that becomes a part of it at inference and on int8.
    pub batch_norm: Option<Box<Node>>,
    /// Set by `fuse`: `true` if its last input is added to the normalised output, before the activation.
    pub adds_last: bool,
}

impl Ir {
    /// Writes the declaration of the const parameters: `const IN: usize, const OUT: usize`.
    pub fn const_parameters(&self) -> TokenStream {
        let generics = &self.generics;
        quote::quote!(#(const #generics: usize),*)
    }
    /// Writes the declaration of the const parameters between `<` and `>`; nothing if there are none.
    pub fn parameters(&self) -> TokenStream {
        let parameters = self.const_parameters();
        if self.generics.is_empty() { parameters } else { quote::quote!(<#parameters>) }
    }
    /// Writes the tokens before the type in `network!` and `record!`: `impl[const IN: usize, const OUT: usize]`.
    pub fn generic_traits(&self) -> TokenStream {
        let parameters = self.const_parameters();
        if self.generics.is_empty() { parameters } else { quote::quote!(impl[#parameters]) }
    }
    /// Returns the struct with its const parameters: `Mlp<IN, OUT>`.
    pub fn self_type(&self) -> Type {
        self.generic(&self.name)
    }
    /// Returns the type `name` with the const parameters of the model.
    pub fn generic(&self, name: &Ident) -> Type {
        Type::Declared(name.clone(), self.generics.iter().cloned().map(Dim::Parameter).collect())
    }
    /// Returns the fields in the order of memory: that of their first use, in which those of a scope lie together.
    pub fn fields_in_memory(&self) -> Vec<FieldId> {
        let scopes =
            |field: FieldId| std::iter::successors(self.fields[field].scope, |&scope| self.scopes[scope].parent);
        let mut first = vec![None; self.scopes.len()];
        for field in 0..self.fields.len() {
            scopes(field).for_each(|scope| _ = first[scope].get_or_insert(field));
        }
        let mut places: Vec<Vec<FieldId>> = (0..self.fields.len())
            .map(|field| {
                let mut place: Vec<FieldId> = scopes(field).filter_map(|scope| first[scope]).collect();
                place.reverse();
                place.push(field);
                place
            })
            .collect();
        places.sort_unstable();
        places.into_iter().filter_map(|place| place.last().copied()).collect()
    }
    /// Returns the names on the path to a field: `layer1`, `conv1`.
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
    /// Returns the name of a field in files: `layer1.conv1`.
    pub fn file_name(&self, field: FieldId) -> String {
        let plain = |name: &Ident| crate::names::plain(&name.to_string());
        let field = &self.fields[field];
        let mut path = vec![plain(&field.name)];
        let mut scope = field.scope;
        while let Some(id) = scope {
            let Scope { name, file, parent, .. } = &self.scopes[id];
            path.insert(0, file.clone().unwrap_or_else(|| plain(name)));
            scope = *parent;
        }
        path.join(".")
    }
    /// Writes the path to a field after a dot: `layer1.conv1`.
    pub fn access(&self, field: FieldId) -> TokenStream {
        let path = self.path(field);
        quote::quote!(#(#path).*)
    }
    /// Returns the values whose gradient comes from outside: outputs, and the terms of the loss.
    pub fn gradient_sources(&self) -> impl Iterator<Item = ValueId> + '_ {
        let terms = self.objective.iter().flat_map(|objective| objective.terms.iter().map(|term| term.value));
        self.outputs.iter().map(|output| output.value).chain(terms)
    }
    /// Returns the number of `nodes` in the body; those of the loss come after.
    pub fn body_len(&self, nodes: &[Node]) -> usize {
        let start = self.objective.as_ref().map_or(usize::MAX, |objective| objective.start);
        nodes.iter().filter(|node| node.output < start).count()
    }
}

impl Node {
    /// Returns the value in whose shape it reads input `k`.
    pub fn shape_of_input(&self, k: usize) -> ValueId {
        self.inputs[if self.op.same_shape { 0 } else { k }]
    }
    /// Returns whether inference calls `infer` instead of `forward`.
    pub fn infers(&self) -> bool {
        self.op.inference == Inference::Infer || self.batch_norm.is_some()
    }
    /// Returns whether it has passes that work in place; with weights (batch_norm), it has one at inference only.
    pub fn may_run_in_place(&self, training: bool) -> bool {
        self.op.in_place && !(training && self.field.is_some())
    }
}
