//! From the syntax tree to the graph: names looked up, arguments evaluated, layers checked and described.

mod apply;
mod arguments;
pub mod constants;
mod evaluate;
mod flow;
mod header;
mod names;
mod node;
mod operands;
#[cfg(test)]
mod tests;

use crate::ast;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::ir::{Field, FieldId, Ir, Node, Output, Shape, Value, ValueId};
use crate::layers::Layer;
use crate::number::Number;
use arguments::Settings;
use constants::Constants;
use evaluate::Evaluate;
use names::Names;
use proc_macro2::{Ident, Span};
use std::collections::HashMap;

/// The graph of `model`.
pub fn lower(model: &ast::Model, constants: &Constants, diagnostics: &Diagnostics) -> Ir {
    let before = diagnostics.count();
    let names = Names::new(model.inputs.iter().map(|input| &input.name), &model.body);
    let silent = Diagnostics::default();
    let mut lowering = Lowering {
        constants,
        diagnostics,
        silent: &silent,
        generic: model.generics.is_some(),
        names,
        values: Vec::new(),
        nodes: Vec::new(),
        fields: Vec::new(),
        bindings: Vec::new(),
        named: HashMap::new(),
        counts: HashMap::new(),
    };
    let header = lowering.header(model);
    let output = lowering.body(model);
    let real = output.and_then(|id| lowering.values[id].shape.as_ref());
    if let (Some(span), Some(real)) = (header.declared, real) {
        check::declared_output(diagnostics, &header.output, real, span);
    }
    silent.forget();
    let broken = model.broken || diagnostics.count() > before;
    let mut values: Vec<Value> = lowering
        .values
        .into_iter()
        // A value without a shape is one of a broken model, and not looked at.
        .map(|draft| Value { name: draft.name, shape: draft.shape.unwrap_or_else(|| Shape::of([])) })
        .collect();
    values[0].shape = header.input;
    Ir {
        attributes: model.attributes.clone(),
        visibility: model.visibility.clone(),
        name: model.name.clone(),
        generics: Vec::new(),
        inputs: vec![0],
        outputs: vec![Output {
            name: Ident::new("output", Span::mixed_site()),
            value: output.unwrap_or(0),
            shape: header.output,
        }],
        values,
        nodes: if broken { Vec::new() } else { lowering.nodes },
        fields: lowering.fields,
        scopes: Vec::new(),
        objective: None,
        checks: diagnostics.take_checks(),
        broken,
    }
}

/// A model on its way to a graph.
struct Lowering<'a> {
    constants: &'a Constants<'a>,
    diagnostics: &'a Diagnostics,
    /// Where mistakes go that follow from a reported one.
    silent: &'a Diagnostics,
    generic: bool,
    names: Names,
    values: Vec<Draft>,
    nodes: Vec<Node>,
    fields: Vec<Field>,
    bindings: Vec<Binding>,
    /// The layers that `as` named.
    named: HashMap<String, Named>,
    /// Uses of each kind of layer.
    counts: HashMap<&'static str, usize>,
}

/// A value whose shape is unknown after a mistake.
struct Draft {
    name: Ident,
    shape: Option<Shape>,
}

/// An input or a `let`.
struct Binding {
    name: Ident,
    flow: Flow,
    used: bool,
}

/// What an expression is.
#[derive(Clone)]
enum Flow {
    /// A value of the network.
    Value(ValueId),
    /// A constant.
    Number(Number),
}

impl Flow {
    /// The value, if it is one.
    fn value(&self) -> Option<ValueId> {
        match self {
            Flow::Value(id) => Some(*id),
            Flow::Number(_) => None,
        }
    }
}

/// A layer that `as` named, for use with the same weights.
struct Named {
    layer: &'static dyn Layer,
    settings: Settings,
    /// `None` when its first use was broken, or it has no weights.
    field: Option<FieldId>,
    /// Of its first use.
    input: Option<Shape>,
    broken: bool,
}

impl Lowering<'_> {
    fn error(&self, span: Span, message: impl Into<crate::diagnostics::Message>) {
        self.diagnostics.error(span, message);
    }

    /// Calls `f` with what evaluates arguments here.
    fn evaluate<R>(&self, f: impl FnOnce(Evaluate) -> R) -> R {
        let is_value = |name: &str| self.bindings.iter().any(|binding| binding.name == name);
        let Lowering { constants, diagnostics, generic, .. } = *self;
        f(Evaluate { constants, is_value: &is_value, generic, diagnostics })
    }

    /// A value that a mistake leaves without a shape, or with the shape that is evident all the same.
    fn poisoned(&mut self, span: Span, shape: Option<Shape>) -> Flow {
        self.values.push(Draft { name: Ident::new("broken", span), shape });
        Flow::Value(self.values.len() - 1)
    }

    /// The `let`s and the output.
    fn body(&mut self, model: &ast::Model) -> Option<ValueId> {
        for binding in &model.body.lets {
            let good = check::bindable(self.diagnostics, &binding.name);
            let flow = self.flow(&binding.value, Some(&binding.name));
            // A name that is not allowed is reported once, not again as unused.
            self.bindings.push(Binding { name: binding.name.clone(), flow, used: !good });
        }
        let output = model.body.output.as_ref()?;
        let flow = self.flow(output, None);
        // After a mistake of grammar, a use may be in what was skipped.
        if !model.broken {
            for binding in self.bindings.iter().filter(|binding| !binding.used) {
                let name = &binding.name;
                let what = if model.inputs.iter().any(|input| input.name == *name) { "the input " } else { "" };
                self.error(name.span(), format!("{what}`{name}` is never used"));
            }
        }
        match flow {
            Flow::Number(_) => {
                let message = format!("the output must be a value of the network, and `{output}` is a number");
                self.diagnostics.error_between(output.start, output.end, message);
                None
            }
            Flow::Value(id) if id < model.inputs.len() => {
                let message = format!("the body does nothing with `{output}`; add a layer: `{output} -> dense(10)`");
                self.diagnostics.error_between(output.start, output.end, message);
                None
            }
            Flow::Value(id) => Some(id),
        }
    }
}
