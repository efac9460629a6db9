//! Lowers `unembedding(wte)` to a dense layer with the weights of an embedding.

use super::node::NewNode;
use super::{Lowered, Lowering, Named, NamedLayer};
use crate::ast::{self, ExprKind};
use crate::call::Setting;
use crate::check;
use crate::diagnostics::message;
use crate::dim::Dim;
use crate::ir::{BackwardReads, Config, Op, Shape};
use crate::types::Type;
use proc_macro2::Ident;
use quote::quote;
use std::rc::Rc;

/// An embedding with its vocabulary and its features, if these are valid.
type Embedding = (Rc<NamedLayer>, Option<(Dim, Dim)>);

impl Lowering<'_> {
    /// Lowers a use of `unembedding` and returns the logits of all tokens.
    pub(super) fn unembed(&mut self, use_: &ast::Layer, piped: Option<Lowered>, binding: Option<&Ident>) -> Lowered {
        let span = use_.name.span();
        let (value, table) = match (piped, use_.arguments.as_slice()) {
            (Some(lowered), [table]) => (Some(lowered), Some(&table.value)),
            (None, [value, table]) => (Some(self.expression(&value.value, None)), Some(&table.value)),
            (lowered, _) => (lowered, None),
        };
        let named = table.and_then(|table| self.embedding(table));
        let Some((named, sizes)) = named else {
            // After a syntax error, the embedding may have lost its name.
            if self.model.broken && table.is_some() {
                return self.error_value(span, None);
            }
            let at = table.map_or(span, |table| table.start);
            let message = "`unembedding` wants the name of an embedding: `tokens -> embedding(65, 32) as table`, and then \
                `-> unembedding(table)`";
            self.error(at, message);
            return self.error_value(span, None);
        };
        // After a mistake in the embedding, or in a constant that it names, its sizes are not known.
        let (Some(field), Some((vocabulary, features))) = (named.field.filter(|_| !named.broken), sizes) else {
            return self.error_value(span, None);
        };
        let Some(Lowered::Value(input)) = value else {
            self.error(span, "`unembedding` wants a value: `x -> unembedding(table)`");
            return self.error_value(span, None);
        };
        let Some(shape) = self.values[input].shape.clone() else { return self.error_value(span, None) };
        let (Some((last, rows)), true) = (shape.dims.split_last(), shape.dims.len() <= 2) else {
            let text = message!("`unembedding` takes features [n] or [t, n], but its input is ", &shape);
            self.error(span, text);
            return self.error_value(span, None);
        };
        let text = message!("the embedding has ", &features, " features, but the input is ", &shape);
        if !self.diagnostics.require(
            check::equal(&Shape::of([last.clone()]), &Shape::of([features.clone()])),
            span,
            text,
        ) {
            return self.error_value(span, None);
        }
        let multiply_adds = Dim::product(shape.dims.iter().chain([&vocabulary]));
        let output: Vec<Dim> = rows.iter().cloned().chain([vocabulary.clone()]).collect();
        let op = Op::new(Config::with_activation(quote!(dl::ops::dense::DenseOp), quote!()), BackwardReads::INPUTS);
        let text = format!("unembedding({})", self.fields[field].name);
        let (inputs, output, shared_field) =
            (vec![input], Shape::of(output).with_length(shape.length.clone()), Some(field));
        let name_prefix = "unembedding";
        let lowered =
            self.push_node(NewNode { op, inputs, output, field: None, shared_field, text, binding, name_prefix, span });
        let node = self.nodes.last_mut().expect("just made");
        node.multiply_adds = multiply_adds;
        node.weights_as = Some(Type::layer(quote!(dl::layers::Dense), [&features, &vocabulary, &Dim::Known(0)]));
        lowered
    }

    /// Returns the embedding that an argument names, with its sizes if they are valid.
    fn embedding(&self, table: &ast::Expr) -> Option<Embedding> {
        let ExprKind::Path(path) = &table.kind else { return None };
        let Some(Named::Layer(named)) = self.names.layer(&path.single()?.to_string()) else { return None };
        let size = |name: &str| match named.settings.values.iter().find(|(parameter, _)| *parameter == name) {
            Some((_, Setting::Size(dim))) => Some(dim.clone()),
            _ => None,
        };
        named.layer.is_table().then_some(())?;
        Some((named.clone(), size("vocabulary").zip(size("features"))))
    }
}
