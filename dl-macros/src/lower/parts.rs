//! Lowers a layer that becomes several nodes, such as attention: their fields are in a scope of their own, as those of a block.

use super::apply::show;
use super::arguments::settings;
use super::node::{NewNode, takes};
use super::{Lowered, Lowering, Named};
use crate::ast::{self, Body};
use crate::call::{Call, Setting};
use crate::check;
use crate::ir::{Field, ValueId};
use crate::layers::{Layer, Part, Source, Weights};
use crate::names::ident;
use proc_macro2::{Ident, Span};

impl Lowering<'_> {
    /// Lowers a use of `layer` and returns the value of its last part.
    pub(super) fn apply_parts(
        &mut self,
        layer: &'static dyn Layer,
        use_: &ast::Layer,
        piped: Option<Lowered>,
        binding: Option<&Ident>,
    ) -> Lowered {
        let (span, name) = (use_.name.span(), layer.name());
        let (operands, arguments) = self.operands(layer, use_, piped);
        let first = operands.as_ref().and_then(|operands| self.shape_of(operands.first()?));
        let arguments = self.without_inferred(layer, arguments, first.as_ref(), use_);
        let diagnostics = self.diagnostics;
        // The arguments after a syntax error may not be those that the user meant.
        self.diagnostics = if use_.broken { self.silent } else { diagnostics };
        let settings = self.evaluate(|evaluate| settings(evaluate, layer, arguments, span, use_.broken));
        self.diagnostics = diagnostics;
        let rename = use_.rename.as_ref().filter(|name| self.may_name(name));
        let text = show(&use_.name, arguments);
        if let Some(rename) = &use_.rename {
            self.names.name_layer(rename, Named::Block(text.clone()));
        }
        let index = self.counts.entry(name).or_default();
        *index += 1;
        let index = *index - 1;
        let shapes = operands.as_ref().and_then(|operands| self.shapes(operands));
        let call = Call {
            name,
            span,
            operands: shapes.clone().unwrap_or_default(),
            sequence: layer.is_sequence(),
            parameters: layer.parameters(),
            settings: &settings.values,
            spans: &settings.spans,
            index,
            diagnostics: self.diagnostics,
        };
        let broken = use_.broken || settings.values.iter().any(|(_, setting)| matches!(setting, Setting::Broken));
        // The settings are checked even if the operands are wrong.
        let valid = !broken && layer.check(&call);
        let parts = shapes.filter(|_| valid && takes(layer, &call)).and_then(|_| layer.parts(&call));
        let allowed = |part: &Part| {
            let weights = part.built.weights.as_ref().map_or(&[][..], |weights| &weights.tensors);
            check::fits_in_memory(&call, &part.built.output, weights) && self.has_types(layer, &call, &part.built)
        };
        let parts = parts.filter(|parts| parts.iter().all(allowed));
        let recovered_shape = layer.recovered_shape(&call);
        if self.in_loss && parts.is_some() {
            self.error(span, format!("`{name}` has weights, and belongs into the body; the loss has none"));
        }
        let (Some(parts), Some(operands)) = (parts, operands) else { return self.error_value(span, recovered_shape) };
        let scope = rename.cloned().unwrap_or_else(|| self.names.counted(layer.name_prefix(), span));
        self.enter_scope(&scope, name);
        self.names.enter(Some(&scope), std::iter::empty(), &Body { lets: Vec::new(), output: None }, true);
        let operands: Vec<ValueId> = operands.iter().filter_map(Lowered::value).collect();
        let last = parts.len() - 1;
        let mut outputs: Vec<ValueId> = Vec::new();
        for (i, part) in parts.into_iter().enumerate() {
            let inputs = part.inputs.iter().map(|from| match *from {
                Source::Operand(k) => operands[k],
                Source::Part(k) => outputs[k],
            });
            let inputs = inputs.collect();
            // A `let` names the result, outside of the scope.
            let binding = binding.filter(|_| i == last);
            if binding.is_some() {
                self.names.leave();
            }
            let output = self.part(part, inputs, &text, binding, span);
            outputs.extend(output.value());
        }
        if binding.is_none() {
            self.names.leave();
        }
        self.leave_scope();
        outputs.last().map_or_else(|| self.error_value(span, None), |output| Lowered::Value(*output))
    }

    /// Adds the node of a part.
    fn part(&mut self, part: Part, inputs: Vec<ValueId>, use_: &str, binding: Option<&Ident>, span: Span) -> Lowered {
        let own = ident(part.name, span.resolved_at(Span::call_site()));
        let text = if part.text.is_empty() { use_ } else { part.text }.to_owned();
        let field = part.built.weights.map(|weights| {
            let Weights { ty, tensors, init } = weights;
            let nameless = tensors.iter().any(|tensor| tensor.name != tensor.member);
            let (scope, name, text) = (self.scope, own.clone(), text.clone());
            Field {
                scope,
                name,
                model: false,
                is_parameter: false,
                nameless,
                ty,
                tensors,
                init,
                text,
                parameters: None,
            }
        });
        let (op, output, shared_field, binding) = (part.built.op, part.built.output, None, binding.or(Some(&own)));
        let node = NewNode { op, inputs, output, field, shared_field, text, binding, name_prefix: part.name, span };
        let lowered = self.push_node(node);
        let node = self.nodes.last_mut().expect("just made");
        (node.multiply_adds, node.weights_as) = (part.built.multiply_adds, part.weights_as);
        lowered
    }
}
