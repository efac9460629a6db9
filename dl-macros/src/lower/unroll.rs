//! Unrolls `repeat`: one struct for each copy, where an array of one model will not do. These are braces that see values from outside
//! (the memory of a decoder), and those that change the shape (the growing channels of a DenseNet).

use super::{Lowered, Lowering, Named};
use crate::ast::{Body, Combinator};
use crate::dim::Dim;
use crate::names::ident;
use crate::visit::{Name, each_name};
use proc_macro2::{Ident, Span};

impl Lowering<'_> {
    /// Returns whether a body uses a value or a named layer from outside.
    pub(super) fn captures(&self, body: &Body) -> bool {
        let (mut own, mut used) = (Vec::new(), Vec::new());
        each_name(body, &mut |what, name| match what {
            Name::Used => used.push(name.to_string()),
            _ => own.push(name.to_string()),
        });
        let outside = |name: &String| {
            !own.contains(name)
                && (self.visible().iter().any(|binding| binding.name == *name) || self.names.layer(name).is_some())
        };
        used.iter().any(outside)
    }

    /// Lowers the braces of `repeat` once for each copy; `why` says in messages that these are unrolled.
    pub(super) fn unrolled(
        &mut self,
        combinator: &Combinator,
        name: &Ident,
        input: usize,
        count: Option<Dim>,
        why: &str,
    ) -> Lowered {
        let (span, body) = (combinator.span, &combinator.bodies[0]);
        let diagnostics = self.diagnostics;
        let mut value = Lowered::Value(input);
        let known = count.as_ref().and_then(Dim::known);
        if let (Some(_), None) = (&count, known) {
            self.error(span, format!("`repeat` copies {why} one by one, and needs a number that the macro knows"));
        }
        // After a mistake in the count, one copy shows those in the braces.
        for copy in 0..known.unwrap_or(1) {
            if !self.may_grow(span) {
                break;
            }
            let before = self.diagnostics.count();
            let text = format!("{name}{copy}");
            let scope = ident(&text, name.span().resolved_at(Span::call_site()));
            self.enter_scope(&scope, &text);
            if let Some(scope) = self.scopes.last_mut() {
                scope.file = Some(format!("{}.{copy}", super::names::plain(&name.to_string())));
            }
            self.names.enter(Some(&scope), std::iter::empty(), body, false);
            let (from, first) = (value.value(), self.nodes.len());
            value = self.branch(body, value, span);
            self.names.leave();
            self.leave_scope();
            let reads = self.nodes[first..].iter().any(|node| from.is_some_and(|from| node.inputs.contains(&from)));
            // After a mistake, layers may be missing.
            let reads = reads || self.model.broken || from.is_none_or(|from| self.values[from].shape.is_none());
            if self.diagnostics.count() == before && !reads && value.value() != from {
                self.error(span, "nothing in the braces of `repeat` reads what flows into them");
            }
            if !matches!(value, Lowered::Value(_)) {
                self.error(span, "the braces of `repeat` make one value of the network of another");
                value = self.error_value(span, None);
            }
            // A mistake is reported in the first copy that has it.
            if self.diagnostics.count() > before {
                self.diagnostics = self.silent;
            }
        }
        self.diagnostics = diagnostics;
        if let Some(rename) =
            combinator.rename.as_ref().filter(|rename| self.names.layer(&rename.to_string()).is_none())
        {
            self.names.name_layer(rename, Named::Block(combinator.to_string()));
        }
        value
    }
}
