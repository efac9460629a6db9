//! Lowers the syntax tree to the graph: looks up names, unfolds blocks, evaluates arguments and checks layers.

mod apply;
mod arguments;
mod block;
mod block_checks;
mod body;
mod choices;
mod combinator;
mod condition;
pub mod constants;
mod evaluate;
mod expression;
mod header;
mod learning;
mod model_header;
mod model_use;
mod models;
mod names;
mod node;
mod objective;
mod operands;
mod parts;
mod records;
mod split;
#[cfg(test)]
pub(crate) mod tests;
mod unembedding;
mod unroll;

use crate::ast;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::ir::{
    CheckpointId, Field, FieldId, Form, Ir, Length, Node, Objective, Output, Reduction, Scope, ScopeId, Shape, Value,
    ValueId,
};
use crate::layers::Layer;
use crate::names::ident;
use crate::number::Number;
use arguments::Settings;
pub use block_checks::{check_blocks, check_uses};
use constants::Constants;
use evaluate::Evaluate;
pub use models::check_models;
use names::Names;
use proc_macro2::{Ident, Span};

/// Lowers `model`. Returns the graphs of the stacks inside it, and then its own.
pub fn lower(file: &ast::File, model: &ast::Model, constants: &Constants, diagnostics: &Diagnostics) -> Vec<Ir> {
    let before = diagnostics.count();
    let silent = Diagnostics::default();
    let targets = model.loss.iter().flat_map(|loss| &loss.targets);
    let names = Names::new(model.inputs.iter().chain(targets).map(|input| &input.name), &model.body);
    let mut lowering = Lowering::new(file, model, constants, diagnostics, &silent, names);
    let header = lowering.header(model);
    let outputs = lowering.body(model, &header);
    let objective = model.loss.as_ref().map(|loss| lowering.objective(loss, &outputs));
    let (declared, valid) = (header.outputs, header.valid);
    for (output, real) in declared.iter().zip(&outputs) {
        // After a syntax error the body may be incomplete.
        if let (true, Some(real)) = (valid && !model.broken, &lowering.values[*real].shape) {
            check::declared_output(diagnostics, &output.1, real, output.2);
        }
    }
    silent.forget();
    let broken = model.broken || diagnostics.count() > before;
    let mut outputs = declared
        .into_iter()
        .zip(outputs.into_iter().chain(std::iter::repeat(0)))
        .map(|((name, shape, _), value)| Output { name, value, shape });
    let outputs = outputs.by_ref().collect();
    let mut ir = lowering.finish(model, outputs, objective, broken);
    for (k, shape) in header.inputs.into_iter().enumerate() {
        ir.last_mut().expect("the model").values[k].shape = shape;
    }
    ir
}

/// The greatest number of layers of a model; a few nested blocks could unfold to millions.
const MAX_LAYERS: usize = 10_000;

/// The state of lowering one model.
struct Lowering<'a> {
    file: &'a ast::File,
    /// The model, or the one that contains the stack.
    model: &'a ast::Model,
    constants: &'a Constants<'a>,
    diagnostics: &'a Diagnostics,
    /// Receives the mistakes that only follow from a reported one; they are discarded.
    silent: &'a Diagnostics,
    names: Names,
    values: Vec<PartialValue>,
    /// The lengths of the inputs that are sequences.
    lengths: Vec<Length>,
    nodes: Vec<Node>,
    /// The outputs of models with several outputs, until a `let` names them.
    nameless: std::collections::HashSet<ValueId>,
    fields: Vec<Field>,
    scopes: Vec<Scope>,
    /// The scope of the layers that are being lowered.
    scope: Option<ScopeId>,
    /// The uses of `checkpoint { … }`, each with the one around it.
    checkpoints: Vec<Option<CheckpointId>>,
    /// The innermost one around the layers that are being lowered.
    checkpoint: Option<CheckpointId>,
    bindings: Vec<Binding>,
    /// The index of the first binding of the current block; those before it belong to its user.
    frame: usize,
    /// The input of the braces of a combinator, which the first layer in them reads.
    implicit: Option<Lowered>,
    /// The blocks being unfolded.
    unfolding: Vec<String>,
    /// The names of the parameters of each of them.
    parameters: Vec<Vec<String>>,
    /// The number of uses of each kind of layer.
    counts: std::collections::HashMap<&'static str, usize>,
    /// The outputs of layers without a gradient, with the spans of their names.
    without_gradient: Vec<(ValueId, Span)>,
    /// `true` while the `loss` clause is lowered.
    in_loss: bool,
    /// The name and the reduction of the first loss of the clause that has one.
    reduction: Option<(String, Reduction)>,
    /// The number of layers, blocks and braces so far, in this model and the stacks inside it.
    uses: std::rc::Rc<std::cell::Cell<usize>>,
    /// The number of mistakes before this model.
    before: usize,
    /// The graphs of the stacks inside this model.
    inner: Vec<Ir>,
}

/// A value of the network; its shape may be unknown after a mistake.
struct PartialValue {
    name: Ident,
    shape: Option<Shape>,
}

/// A name that is bound to a value or a number: an input or a `let`.
#[derive(Clone)]
struct Binding {
    name: Ident,
    lowered: Lowered,
    used: bool,
}

/// The result of lowering an expression.
#[derive(Clone)]
enum Lowered {
    /// A value of the network.
    Value(ValueId),
    /// A constant.
    Number(Number),
    /// Several values: the outputs of a model.
    Several(Vec<ValueId>),
}

impl Lowered {
    /// Returns the value, if it is one.
    fn value(&self) -> Option<ValueId> {
        match self {
            Lowered::Value(id) => Some(*id),
            Lowered::Number(_) | Lowered::Several(_) => None,
        }
    }
}

/// A layer, model or block that `as` named.
#[derive(Clone)]
enum Named {
    /// A layer.
    Layer(std::rc::Rc<NamedLayer>),
    /// A model.
    Model(std::rc::Rc<model_use::NamedModel>),
    /// A block or a combinator, which cannot be used again.
    Block(String),
}

struct NamedLayer {
    layer: &'static dyn Layer,
    settings: Settings,
    /// `None` if its first use was broken or it has no weights.
    field: Option<FieldId>,
    /// The shape of the input of its first use.
    input: Option<Shape>,
    broken: bool,
}

impl<'a> Lowering<'a> {
    fn new(
        file: &'a ast::File,
        model: &'a ast::Model,
        constants: &'a Constants<'a>,
        diagnostics: &'a Diagnostics,
        silent: &'a Diagnostics,
        names: Names,
    ) -> Self {
        Lowering {
            file,
            model,
            constants,
            diagnostics,
            silent,
            names,
            values: Vec::new(),
            lengths: Vec::new(),
            nodes: Vec::new(),
            nameless: Default::default(),
            fields: Vec::new(),
            scopes: Vec::new(),
            scope: None,
            checkpoints: Vec::new(),
            checkpoint: None,
            bindings: Vec::new(),
            frame: 0,
            implicit: None,
            unfolding: Vec::new(),
            parameters: Vec::new(),
            counts: std::collections::HashMap::new(),
            without_gradient: Vec::new(),
            in_loss: false,
            reduction: None,
            uses: Default::default(),
            before: diagnostics.count(),
            inner: Vec::new(),
        }
    }

    /// Returns the graphs of the stacks inside the model, and then its own.
    fn finish(
        mut self,
        model: &ast::Model,
        outputs: Vec<Output>,
        objective: Option<Objective>,
        broken: bool,
    ) -> Vec<Ir> {
        let broken = broken || !self.all_weights_learn(&outputs, objective.as_ref());
        // A name that is a keyword of Rust was reported; the code of a broken model must not contain it.
        let allowed = |name: &Ident| ident(&name.to_string(), name.span());
        let values = self.values.into_iter();
        // Only a broken model has values without a shape, and nothing reads them.
        let values = values.map(|value| {
            let (name, shape) = (allowed(&value.name), value.shape.unwrap_or(Shape::of([])));
            Value { name, shape }
        });
        let outputs = outputs.into_iter().map(|output| Output { name: allowed(&output.name), ..output }).collect();
        self.fields.iter_mut().for_each(|field| field.name = allowed(&field.name));
        self.scopes.iter_mut().for_each(|scope| scope.name = allowed(&scope.name));
        let generics: Vec<Ident> = model.generics.iter().map(allowed).collect();
        self.inner.push(Ir {
            attributes: model.attributes.clone(),
            visibility: model.visibility.clone(),
            name: model.name.clone(),
            generics: once_each(&generics),
            inputs: (0..model.inputs.len().max(1)).collect(),
            lengths: self.lengths,
            outputs,
            values: values.collect(),
            nodes: if broken { Vec::new() } else { self.nodes },
            fields: self.fields,
            scopes: self.scopes,
            checkpoints: self.checkpoints,
            objective,
            checks: self.diagnostics.take_checks(),
            int8: model.int8,
            form: Form::None,
            in_blocks: false,
            broken,
            without_std: false,
            reserved: self.file.reserved.clone(),
        });
        self.inner
    }

    fn error(&self, span: Span, message: impl Into<crate::diagnostics::Message>) {
        self.diagnostics.error(span, message);
    }

    /// Returns the bindings that are visible here.
    fn visible(&self) -> &[Binding] {
        &self.bindings[self.frame..]
    }
    /// Returns the value that `name` is bound to, and marks the name as used.
    fn bound(&mut self, name: &str) -> Option<Lowered> {
        let binding = self.bindings[self.frame..].iter_mut().rev().find(|binding| binding.name == name)?;
        binding.used = true;
        Some(binding.lowered.clone())
    }

    /// Returns the name of a value for a message about a missing one: an unused value if there is one, or else the first. It then counts
    /// as used.
    fn suggested_value(&mut self) -> String {
        let visible = &mut self.bindings[self.frame..];
        let unused = visible.iter().position(|binding| !binding.used).unwrap_or(0);
        visible.get_mut(unused).map_or("x".to_owned(), |binding| {
            binding.used = true;
            binding.name.to_string()
        })
    }

    /// Counts one more layer, and returns whether the model may have it; reports the first that it may not.
    fn may_grow(&self, span: Span) -> bool {
        self.uses.set(self.uses.get() + 1);
        if self.uses.get() == MAX_LAYERS + 1 {
            let message = format!(
                "with this, `{}` has more than {MAX_LAYERS} layers; `repeat` makes copies that are read once",
                self.model.name
            );
            self.error(span, message);
        }
        self.uses.get() <= MAX_LAYERS
    }

    /// Calls `f` with an evaluator for arguments in the current scope.
    fn evaluate<R>(&self, f: impl FnOnce(Evaluate) -> R) -> R {
        let is_value = |name: &str| self.visible().iter().any(|binding| binding.name == name);
        let Lowering { constants, diagnostics, model, .. } = *self;
        let parameters = self.parameters.last().map_or(&[][..], Vec::as_slice);
        f(Evaluate { constants, is_value: &is_value, parameters, generics: &model.generics, diagnostics })
    }

    /// Adds a value for the result of a broken expression, with its shape if that is known regardless.
    fn error_value(&mut self, span: Span, shape: Option<Shape>) -> Lowered {
        self.values.push(PartialValue { name: Ident::new("broken", span), shape });
        Lowered::Value(self.values.len() - 1)
    }

    /// Lowers the `let`s of a body and its last expression; the first layer of each reads `implicit`, the input of the braces.
    fn statements(&mut self, body: &ast::Body, implicit: Option<&Lowered>) -> Option<Lowered> {
        for binding in &body.lets {
            self.implicit = implicit.cloned();
            self.binding(binding);
        }
        let output = body.output.as_ref()?;
        self.implicit = implicit.cloned();
        Some(self.expression(output, None))
    }

    /// Lowers `let h = …;`.
    fn binding(&mut self, binding: &ast::Let) {
        let allowed: Vec<bool> = binding.names.iter().map(|name| check::bindable(self.diagnostics, name)).collect();
        let [name] = binding.names.as_slice() else {
            let lowered = self.expression(&binding.value, None);
            self.several(binding, lowered, &allowed);
            return;
        };
        let mut lowered = self.expression(&binding.value, Some(name));
        if let (Lowered::Several(values), false) = (&lowered, self.model.broken) {
            let names: Vec<String> = (1..=values.len()).map(|k| format!("{name}{k}")).collect();
            let message = format!("this is {} values; name each: `let ({}) = …`", values.len(), names.join(", "));
            self.error(name.span(), message);
            lowered = self.error_value(name.span(), None);
        }
        // A name that is not allowed was reported; it must not be reported as unused, too.
        self.bindings.push(Binding { name: name.clone(), lowered, used: !allowed[0] });
    }

    /// Binds the names of `let (a, b) = …;`.
    fn several(&mut self, binding: &ast::Let, lowered: Lowered, allowed: &[bool]) {
        let values = match lowered {
            Lowered::Several(values) => values,
            Lowered::Value(value) if self.values[value].shape.is_none() => Vec::new(),
            Lowered::Value(_) | Lowered::Number(_) => {
                let message = format!("`{}` is one value, and has one name", binding.value);
                self.error(binding.names[0].span(), message);
                Vec::new()
            }
        };
        if !values.is_empty() && values.len() != binding.names.len() && !self.model.broken {
            let message = format!("these are {} values, and here are {} names", values.len(), binding.names.len());
            self.error(binding.names[0].span(), message);
        }
        for (k, name) in binding.names.iter().enumerate() {
            if let Some(&value) = values.get(k) {
                self.name_part(value, name);
            }
            let lowered =
                values.get(k).map_or_else(|| self.error_value(name.span(), None), |&value| Lowered::Value(value));
            self.bindings.push(Binding { name: name.clone(), lowered, used: !allowed[k] });
        }
    }
}

/// Returns `names` without repetitions, which were reported.
fn once_each(names: &[Ident]) -> Vec<Ident> {
    names.iter().enumerate().filter(|(i, name)| !names[..*i].contains(name)).map(|(_, name)| name.clone()).collect()
}
