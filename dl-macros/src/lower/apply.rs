//! Lowers one use of a layer: resolves its name, and records the name that `as` gives.

use super::arguments::{Settings, settings};
use super::names::may_be_layer_name;
use super::node::{BuiltLayer, LayerUse};
use super::{Evaluate, Lowered, Lowering, Named, NamedLayer};
use crate::ast::{self, ExprKind};
use crate::diagnostics::message;
use crate::dim::{Cond, Dim};
use crate::ir::{Element, Shape};
use crate::layers::{self, Layer, LoweredAs, synonyms};
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::Ident;
use std::rc::Rc;

impl Lowering<'_> {
    /// Lowers `use_` and returns its output. `piped` is the operand that comes through an arrow, and `binding` the name of the `let`.
    pub(super) fn apply(&mut self, use_: &ast::Layer, piped: Option<Lowered>, binding: Option<&Ident>) -> Lowered {
        if !self.may_grow(use_.name.span()) {
            return self.error_value(use_.name.span(), None);
        }
        let name = use_.name.to_string();
        let own = || self.names.layer(&name).is_some() || self.find_block(&use_.name).is_some();
        if let Some(layer) = layers::find(&name).filter(|layer| !(layer.gives_way() && own())) {
            return match layer.lowered_as() {
                LoweredAs::Node => self.apply_layer(layer, use_, piped, binding),
                LoweredAs::Slices => self.split(layer, use_, piped),
                LoweredAs::TiedDense => self.unembed(use_, piped, binding),
                LoweredAs::Parts => self.apply_parts(layer, use_, piped, binding),
            };
        }
        match self.names.layer(&name).cloned() {
            Some(Named::Layer(named)) => return self.apply_again(&named, use_, piped, binding),
            Some(Named::Model(named)) => return self.use_model_again(&named, use_, piped, binding),
            Some(Named::Block(block)) => {
                let message = format!(
                    "`{name}` names `{block}`, whose weights cannot be used again as a whole; name the layers in it, or make \
                    it a model"
                );
                self.error(use_.name.span(), message);
                return self.error_value(use_.name.span(), None);
            }
            None => {}
        }
        if let Some(block) = self.find_block(&use_.name) {
            // With a mistake in its header, the values and parameters of a block are unknown, so nothing can be wrong with a use.
            let diagnostics = self.diagnostics;
            self.diagnostics = if block.header_broken { self.silent } else { diagnostics };
            let lowered = self.unfold(use_, piped);
            self.diagnostics = diagnostics;
            return lowered;
        }
        let mut meant = None;
        let message = if self.bound(&name).is_some() {
            format!("`{name}` is a value; an arrow leads to a layer")
        } else {
            let known = layers::all().map(|layer| layer.name().to_owned());
            let blocks = self.file.blocks.iter().map(|block| block.name.to_string());
            let known: Vec<String> = known.chain(self.names.layers()).chain(blocks).collect();
            let own = self.names.layers().iter().any(|own| crate::suggest::is_typo(&name, own));
            match layers::unsupported::advice(layers::unsupported::LAYERS, &name).filter(|_| !own) {
                Some(help) => {
                    if use_.broken {
                        return self.as_if(None, use_, piped, binding);
                    }
                    format!("there is no layer `{name}`; {help}")
                }
                None => {
                    meant = suggest(&name, known.iter().map(String::as_str), synonyms::LAYERS);
                    format!("there is no layer `{name}`{}", did_you_mean(meant.clone()))
                }
            }
        };
        // It may be a block whose name is missing after a mistake.
        if !self.file.names_missing || meant.is_some() {
            self.error(use_.name.span(), message);
        }
        use_.arguments.iter().for_each(|argument| self.mark_used(&argument.value));
        self.as_if(meant, use_, piped, binding)
    }

    /// Lowers an unknown layer as if the user had written `meant`, without further messages. Where its arguments may mean something
    /// else in `meant`, the shape of its output is unknown.
    fn as_if(
        &mut self,
        meant: Option<String>,
        use_: &ast::Layer,
        piped: Option<Lowered>,
        binding: Option<&Ident>,
    ) -> Lowered {
        let other = !use_.arguments.is_empty() && synonyms::OTHER_ARGUMENTS.iter().any(|name| use_.name == name);
        if let Some(layer) = meant.as_deref().and_then(layers::find).filter(|_| !other) {
            let diagnostics = std::mem::replace(&mut self.diagnostics, self.silent);
            let lowered = self.apply_layer(layer, use_, piped, binding);
            self.diagnostics = diagnostics;
            return lowered;
        }
        if let Some(name) = &use_.rename {
            self.name_broken(name);
        }
        self.error_value(use_.name.span(), None)
    }

    /// Declares the name of a broken layer, so that its uses are not reported.
    pub(super) fn name_broken(&mut self, name: &Ident) {
        let settings = Settings { values: Vec::new(), spans: Vec::new() };
        let named = NamedLayer {
            layer: layers::all().next().expect("there are layers"),
            settings,
            field: None,
            input: None,
            broken: true,
        };
        self.names.name_layer(name, Named::Layer(Rc::new(named)));
    }

    /// Lowers a layer of the language.
    fn apply_layer(
        &mut self,
        layer: &'static dyn Layer,
        use_: &ast::Layer,
        piped: Option<Lowered>,
        binding: Option<&Ident>,
    ) -> Lowered {
        let span = use_.name.span();
        if layer.is_loss() && !self.in_loss {
            // Its operands count as used, and nothing else about it is reported.
            let diagnostics = std::mem::replace(&mut self.diagnostics, self.silent);
            self.operands(layer, use_, piped);
            self.diagnostics = diagnostics;
            let clause = match (layer.operands(), layer.takes(1)) {
                (2, Element::U32) => format!("loss(target: u32) {{ {}(output, target) }}", layer.name()),
                (2, Element::F32) => format!("loss(target: …) {{ {}(output, target) }}", layer.name()),
                _ => format!("loss {{ {}(…) }}", layer.name()),
            };
            let message = format!("`{}` is a loss, and belongs behind the body: `{clause}`", use_.name);
            self.error(span, message);
            return self.error_value(span, None);
        }
        let (operands, arguments) = self.operands(layer, use_, piped);
        let first = operands.as_ref().and_then(|operands| self.shape_of(operands.first()?));
        let arguments = self.without_inferred(layer, arguments, first.as_ref(), use_);
        let diagnostics = self.diagnostics;
        // The arguments after a syntax error may not be those that the user meant.
        self.diagnostics = if use_.broken { self.silent } else { diagnostics };
        let settings = self.evaluate(|evaluate| settings(evaluate, layer, arguments, span, use_.broken));
        self.diagnostics = diagnostics;
        let input = operands.iter().flatten().find_map(|operand| self.shape_of(operand));
        // A layer that makes a value of nothing has the name of its value, unless another layer has it.
        let own = |name: &&Ident| layer.operands() == 0 && self.is_free(name);
        let given = use_.rename.as_ref().filter(|name| self.may_name(name));
        let rename = given.or_else(|| binding.filter(own));
        let (name, text) = (layer.name(), show(&use_.name, arguments));
        let BuiltLayer { lowered, field, valid } = self.build(LayerUse {
            layer,
            name,
            span,
            operands,
            settings: &settings,
            text,
            binding,
            rename,
            shared_field: None,
            broken: use_.broken,
        });
        if let Some(name) = use_.rename.as_ref().or(rename) {
            let named = NamedLayer { layer, settings, field, input, broken: !valid };
            self.names.name_layer(name, Named::Layer(Rc::new(named)));
        }
        lowered
    }

    /// Returns `arguments` without a first one that repeats a size of the input, as in other libraries, which is reported:
    /// `dense(784, 10)`.
    pub(super) fn without_inferred<'u>(
        &self,
        layer: &dyn Layer,
        arguments: &'u [ast::Argument],
        input: Option<&Shape>,
        use_: &ast::Layer,
    ) -> &'u [ast::Argument] {
        let Some(what) = layer.inferred() else { return arguments };
        let wanted = layer.parameters().iter().filter(|parameter| parameter.positional).count();
        let is_size = |argument: &&ast::Argument| {
            let number = match &argument.value.bare().kind {
                ExprKind::Number(_) | ExprKind::Dim(_) => true,
                ExprKind::Path(path) => crate::names::is_capitalised(&path.last),
                _ => false,
            };
            argument.name.is_none() && number
        };
        // Positional parameters that are given by name leave fewer positions.
        let named = |argument: &&ast::Argument| {
            argument.name.as_ref().is_some_and(|name| {
                layer.parameters().iter().any(|p| {
                    p.positional
                        && (name == p.name
                            || synonyms::PARAMETERS.iter().any(|(word, meaning)| name == word && *meaning == p.name))
                })
            })
        };
        let (sizes, by_name) = (arguments.iter().take_while(is_size).count(), arguments.iter().filter(named).count());
        let Some((first, rest)) = arguments.split_first().filter(|_| sizes + by_name > wanted && !use_.broken) else {
            return arguments;
        };
        let size = input.and_then(|shape| what.of(shape));
        // The surplus argument of `conv2d(16, 3, 1)` is the stride rather than the channels of the input.
        let repeated =
            size.is_some_and(|dim| self.is_size(&first.value, dim)) || wanted == 1 && sizes == 2 || wanted == 0;
        if !repeated {
            return arguments;
        }
        let usage = show(&Ident::new(layer.name(), use_.name.span()), rest);
        let message = format!("the inputs of `{}` are inferred from what flows in: write `{usage}`", layer.name());
        self.diagnostics.error_between(first.value.start, first.value.end, message);
        rest
    }

    /// Returns whether `expr` is known to be the size `dim`, without reporting mistakes.
    fn is_size(&self, expr: &ast::Expr, dim: &Dim) -> bool {
        let size = match &expr.bare().kind {
            // A constant from outside may be a typo, which is reported elsewhere.
            ExprKind::Path(path) if !self.constants.has(&path.last) && !self.model.generics.contains(&path.last) => {
                Some(Dim::External(crate::path::Path::new(path.tokens.clone())))
            }
            _ => self.evaluate(|evaluate| Evaluate { diagnostics: self.silent, ..evaluate }.size(expr)),
        };
        size.is_some_and(|size| matches!(size.equals(dim), Cond::Known(true)))
    }

    /// Lowers another use of a layer that `as` named, with the same weights.
    fn apply_again(
        &mut self,
        named: &NamedLayer,
        use_: &ast::Layer,
        piped: Option<Lowered>,
        binding: Option<&Ident>,
    ) -> Lowered {
        let (span, name) = (use_.name.span(), &use_.name.to_string());
        if let Some(rename) = &use_.rename {
            self.error(rename.span(), format!("`{name}` has its name already"));
        }
        let (operands, arguments) = self.operands(named.layer, use_, piped);
        if let Some(first) = arguments.first() {
            let message = format!("`{name}` is used again with the same weights, and takes no arguments here");
            self.error(first.name.as_ref().map_or(first.value.start, Ident::span), message);
        }
        // Without the spans of the first use, mistakes are reported at the name in this one.
        let settings = Settings { values: named.settings.values.clone(), spans: Vec::new() };
        let now = operands.iter().flatten().find_map(|operand| self.shape_of(operand));
        let (layer, shared_field) = (named.layer, named.field);
        let other = match (shared_field, &now) {
            (Some(field), Some(now)) if !named.broken => {
                self.weights(layer, &settings, now).is_some_and(|weights| weights.ty != self.fields[field].ty)
            }
            _ => false,
        };
        if let (true, Some(before), Some(now)) = (other, &named.input, &now) {
            let start = format!("the weights of `{name}` are for an input of ");
            self.error(span, message!(start, before, ", but this one is ", now));
        }
        // After a mistake in the first use, or a reported one here, only the shape of the output is needed.
        let operands = operands.filter(|_| !named.broken && !other);
        let text = name.clone();
        let use_ = LayerUse {
            layer,
            name,
            span,
            operands,
            settings: &settings,
            text,
            binding,
            rename: None,
            shared_field,
            broken: false,
        };
        self.build(use_).lowered
    }

    /// Returns whether no layer has the name `name`.
    fn is_free(&self, name: &Ident) -> bool {
        let name = name.to_string();
        self.names.layer(&name).is_none() && layers::find(&name).is_none()
    }

    /// Requires that `as` may give a layer the name `name`.
    pub(super) fn may_name(&self, name: &Ident) -> bool {
        if !may_be_layer_name(self.diagnostics, name) {
            return false;
        }
        let free = self.names.layer(&name.to_string()).is_none();
        if !free {
            let message =
                format!("there is a layer `{name}` already; `-> {name}`, without `as`, uses it again with its weights");
            self.error(name.span(), message);
        }
        free
    }
}

/// Writes a layer without its operands: `conv2d(6, 5)`.
pub(super) fn show(name: &Ident, arguments: &[ast::Argument]) -> String {
    if arguments.is_empty() {
        return name.to_string();
    }
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    format!("{name}({})", arguments.join(", "))
}
