//! Lowers combinators: unfolds `residual` and `concat`, turns the braces of `repeat` into a model, of which it stacks copies, and marks
//! what is in the braces of `checkpoint`.

use super::names::{Names, plain};
use super::node::NewNode;
use super::{Binding, Lowered, Lowering, Named, PartialValue};
use crate::ast::{self, Body, Combinator, CombinatorWord};
use crate::check;
use crate::diagnostics::message;
use crate::dim::{Cond, Dim};
use crate::emit::camel;
use crate::ir::{Field, Length, Op, Output, Scope, Shape};
use crate::layers;
use crate::names::ident;
use crate::types::Type;
use proc_macro2::{Ident, Span};
use quote::quote;

impl Lowering<'_> {
    /// Lowers a combinator that reads `piped` and returns its output.
    pub(super) fn combine(&mut self, combinator: &Combinator, piped: Option<Lowered>, name: Option<&Ident>) -> Lowered {
        let (word, span) = (combinator.word, combinator.span);
        let input = match piped {
            Some(Lowered::Value(id)) => id,
            Some(_) => {
                self.error(span, format!("`{word}` takes a value of the network"));
                return self.error_value(span, None);
            }
            None => {
                let input = self.suggested_value();
                self.error(span, format!("`{word}` wants a value: `{input} -> {combinator}`"));
                return self.error_value(span, None);
            }
        };
        if word == CombinatorWord::Repeat {
            return self.repeat(combinator, input, name);
        }
        let outside = self.checkpoint;
        if word == CombinatorWord::Checkpoint {
            if self.in_loss {
                self.error(span, "the backward pass of a loss follows at once; `checkpoint` belongs into the body");
            }
            self.checkpoints.push(outside);
            self.checkpoint = Some(self.checkpoints.len() - 1);
        }
        let scope = combinator.rename.as_ref().filter(|name| self.may_name(name));
        if let Some(rename) = scope {
            self.enter_scope(rename, &rename.to_string());
            self.names.enter(Some(rename), std::iter::empty(), &combinator.bodies[0], false);
        }
        let branches: Vec<Lowered> =
            combinator.bodies.iter().map(|body| self.branch(body, Lowered::Value(input), span)).collect();
        if let Some(rename) = scope {
            self.names.leave();
            self.leave_scope();
            self.names.name_layer(rename, Named::Block(combinator.to_string()));
        }
        self.checkpoint = outside;
        match word {
            CombinatorWord::Residual => self.residual(combinator, input, branches, name),
            CombinatorWord::Checkpoint => self.checkpoint(span, branches),
            CombinatorWord::Concat | CombinatorWord::Repeat => self.concat(span, branches, name),
        }
    }

    /// Lowers one pair of braces whose first layer reads `input`.
    pub(super) fn branch(&mut self, body: &Body, input: Lowered, at: Span) -> Lowered {
        let bindings = self.bindings.len();
        let lowered = self.statements(body, Some(&input));
        if !self.model.broken {
            self.unused(bindings, 0);
        }
        self.bindings.truncate(bindings);
        lowered.unwrap_or_else(|| self.error_value(at, None))
    }

    /// Adds the input of a chain to its output.
    fn residual(
        &mut self,
        combinator: &Combinator,
        input: usize,
        branches: Vec<Lowered>,
        name: Option<&Ident>,
    ) -> Lowered {
        let span = combinator.span;
        let Some(Lowered::Value(output)) = branches.first() else {
            self.error(span, "`residual` adds what its braces make of a value, and these make a number");
            return self.error_value(span, None);
        };
        let shapes = (self.values[input].shape.clone(), self.values[*output].shape.clone());
        if let (Some(before), Some(after)) = &shapes {
            let start = "`residual` adds its input of ";
            let text = message!(start, before, " to what the braces make of it, and that is ", after);
            if !self.diagnostics.require(check::equal(before, after), span, text) {
                return self.error_value(span, Some(before.clone()));
            }
        }
        let operands = vec![Lowered::Value(input), Lowered::Value(*output)];
        self.join(&layers::arithmetic::ADD, "residual", span, operands, combinator.to_string(), name)
    }

    /// Returns what the braces of `checkpoint` make.
    fn checkpoint(&mut self, span: Span, mut branches: Vec<Lowered>) -> Lowered {
        match branches.pop() {
            Some(made @ (Lowered::Value(_) | Lowered::Several(_))) => made,
            _ => {
                self.error(span, "`checkpoint` makes of a value what its braces make of it, and these make a number");
                self.error_value(span, None)
            }
        }
    }

    /// Concatenates the branches along the first axis.
    fn concat(&mut self, span: Span, branches: Vec<Lowered>, name: Option<&Ident>) -> Lowered {
        // The parser reported a single branch.
        if branches.len() < 2 {
            return self.error_value(span, None);
        }
        self.join(&layers::Concat, "concat", span, branches, "concat { … }".to_owned(), name)
    }

    /// Lowers the braces of `repeat` to a model, and applies an array of it: copies one after another, each with weights of its own.
    fn repeat(&mut self, combinator: &Combinator, input: usize, binding: Option<&Ident>) -> Lowered {
        let (span, body) = (combinator.span, &combinator.bodies[0]);
        let count = combinator.count.as_ref().and_then(|count| {
            let dim = self.evaluate(|evaluate| evaluate.size(count))?;
            let text = "`repeat` makes at least one copy";
            self.diagnostics.require(dim.at_least(&Dim::Known(1)), count.start, text).then_some(dim)
        });
        let rename = combinator.rename.as_ref().filter(|name| self.may_name(name));
        let field_name = rename.cloned().unwrap_or_else(|| self.names.counted("repeat", span));
        let shape = self.values[input].shape.clone();
        let before = self.diagnostics.count();
        if self.captures(body) {
            return self.unrolled(combinator, &field_name, input, count, "braces that see values from outside");
        }
        // The memory of a model of copies would be its own, whereas checkpoints share theirs.
        if self.checkpoint.is_some() {
            return self.unrolled(combinator, &field_name, input, count, "braces inside `checkpoint`");
        }
        let name = format!("{}{}", self.model.name, camel(&self.qualified(&field_name, "_")));
        let name = ident(&self.file.reserved.reserve(&name), Span::call_site());
        // Without messages first, since braces that change the shape are unrolled.
        let (diagnostics, silenced) = (self.diagnostics, self.silent.count());
        self.diagnostics = self.silent;
        let mut inner = self.stack(&name, body, shape.clone(), span);
        self.diagnostics = diagnostics;
        if let (Some(before), Some(after)) = (&shape, inner.last().and_then(made))
            && matches!(check::equal(before, after), Cond::Known(false))
        {
            return self.unrolled(combinator, &field_name, input, count, "braces that change the shape");
        }
        if self.silent.count() > silenced {
            inner = self.stack(&name, body, shape.clone(), span);
        }
        if let Some(rename) = rename {
            self.names.name_layer(rename, Named::Block(combinator.to_string()));
        }
        let (Some(count), Some(shape)) = (count, shape.clone()) else { return self.error_value(span, shape) };
        if self.diagnostics.count() > before {
            return self.error_value(span, Some(shape));
        }
        let parameters = inner.iter().map(parameters).fold(Dim::Known(0), |sum, dim| sum.add(&dim)).mul(&count);
        if let Some(size) = parameters.known().filter(|size| *size > check::MAX_ELEMENTS) {
            self.error(span, format!("`{combinator}` would have {size} weights, which no memory holds"));
            return self.error_value(span, Some(shape));
        }
        let stacked = inner.last().expect("the model of the copies").self_type();
        self.inner.extend(inner);
        let ty = Type::Array(Box::new(stacked), count);
        let field = Field {
            scope: self.scope,
            name: field_name,
            model: true,
            is_parameter: false,
            ty: ty.clone(),
            tensors: Vec::new(),
            init: quote!(),
            text: combinator.to_string(),
            parameters: Some(parameters),
            nameless: false,
        };
        let op = Op::model(ty);
        let text = combinator.to_string();
        self.push_node(NewNode {
            op,
            inputs: vec![input],
            output: shape,
            field: Some(field),
            shared_field: None,
            text,
            binding,
            name_prefix: "repeat",
            span,
        })
    }

    /// Lowers the model that `repeat` stacks, which keeps the `shape` of its input.
    fn stack(&mut self, name: &Ident, body: &Body, shape: Option<Shape>, span: Span) -> Vec<crate::ir::Ir> {
        let input = Ident::new("x", Span::call_site());
        let model = ast::Model {
            attributes: self.model.attributes.iter().filter(|a| a.path().is_ident("cfg")).cloned().collect(),
            int8: None,
            visibility: self.model.visibility.clone(),
            name: name.clone(),
            generics: self.model.generics.clone(),
            inputs: Vec::new(),
            output: None,
            body: Body::default(),
            loss: None,
            broken: false,
            is_loss: false,
            header_broken: self.model.header_broken,
        };
        let mut model = model;
        let doc = format!(" One of the copies that `repeat` makes in [`{}`].", self.model.name);
        model.attributes.push(syn::parse_quote!(#[doc = #doc]));
        let names = Names::new([&input].into_iter(), body);
        let checks = self.diagnostics.take_checks();
        let mut inner = Lowering::new(self.file, &model, self.constants, self.diagnostics, self.silent, names);
        inner.unfolding = self.unfolding.clone();
        inner.uses = self.uses.clone();
        let before = self.diagnostics.count();
        let value = inner.names.value(&input);
        // The copies have one input, so its length is their only one.
        let shape = shape.map(|shape| {
            let length = shape.length.clone().map(|length| Length { index: 0, ..length });
            inner.lengths.extend(length.clone());
            shape.with_length(length)
        });
        inner.values.push(PartialValue { name: value, shape: shape.clone() });
        let lowered = inner.statements(body, Some(&Lowered::Value(0)));
        let mut output = lowered.as_ref().and_then(Lowered::value).unwrap_or(0);
        if matches!(lowered, Some(Lowered::Number(_) | Lowered::Several(_))) {
            inner.error(span, "the braces of `repeat` make one value of the network of another");
        }
        if output == 0 {
            output = inner.copied(0, span);
        }
        inner.unused(0, 0);
        let real = inner.values[output].shape.clone();
        if let (Some(before), Some(after)) = (&shape, &real) {
            let text = message!("`repeat` wants braces that keep the shape, but they make ", after, " of ", before);
            self.diagnostics.require(check::equal(before, after), span, text);
        }
        let broken = self.diagnostics.count() > before;
        let shape = shape.unwrap_or(Shape::of([Dim::Known(1)]));
        let output = Output { name: Ident::new("output", Span::call_site()), value: output, shape };
        let irs = inner.finish(&model, vec![output], None, broken);
        self.diagnostics.put_checks(checks);
        irs
    }

    /// Returns `name` with the names of the blocks around it.
    pub(super) fn qualified(&self, name: &Ident, separator: &str) -> String {
        let mut names = vec![plain(&name.to_string())];
        let mut scope = self.scope;
        while let Some(id) = scope {
            names.insert(0, plain(&self.scopes[id].name.to_string()));
            scope = self.scopes[id].parent;
        }
        names.join(separator)
    }
    /// Opens a scope: new fields go into a struct of their own until `leave_scope`.
    pub(super) fn enter_scope(&mut self, name: &Ident, kind: &str) {
        self.scopes.push(Scope { name: name.clone(), file: None, kind: kind.to_owned(), parent: self.scope });
        self.scope = Some(self.scopes.len() - 1);
    }
    pub(super) fn leave_scope(&mut self) {
        self.scope = self.scope.and_then(|scope| self.scopes[scope].parent);
    }
    /// Binds a name to an operand of a block.
    pub(super) fn bind(&mut self, name: &Ident, lowered: Lowered) {
        self.bindings.push(Binding { name: name.clone(), lowered, used: false });
    }
}

/// Returns the shape that the braces of a `repeat` make, if it is known.
fn made(ir: &crate::ir::Ir) -> Option<&Shape> {
    let shape = &ir.values.get(ir.outputs.first()?.value)?.shape;
    // After a mistake, the shape is that of a single number.
    (!shape.dims.is_empty()).then_some(shape)
}

/// Returns the number of trained parameters of a model, without those that only rustc knows.
pub(super) fn parameters(ir: &crate::ir::Ir) -> Dim {
    ir.fields.iter().fold(Dim::Known(0), |sum, field| sum.add(&field.trained().unwrap_or(Dim::Known(0))))
}
