//! Lowers uses of models inside a model: of the same `model!`, from outside, or layers written by hand.

use super::model_header::Header;
use super::node::NewNode;
use super::{Lowered, Lowering, Named};
use crate::ast::{self, ModelUse};
use crate::check;
use crate::diagnostics::{Check, before, message};
use crate::ir::{Field, FieldId, Op, Shape, ValueId};
use proc_macro2::{Ident, Span};
use quote::{quote, quote_spanned};
use std::rc::Rc;

/// A model that `as` named, which can be used again with the same weights.
pub(super) struct NamedModel {
    header: Header,
    field: Option<FieldId>,
}

impl Lowering<'_> {
    /// Lowers a use of a model and returns its output.
    pub(super) fn use_model(&mut self, use_: &ModelUse, piped: Option<Lowered>, binding: Option<&Ident>) -> Lowered {
        let (path, span) = (&use_.path, use_.path.last.span());
        let mut operands: Vec<Lowered> = piped.into_iter().collect();
        let rename = use_.rename.as_ref().filter(|name| self.may_name(name));
        // The declaration of a block with a capital was reported, so its uses are not.
        let block = path.single().is_some_and(|name| self.find_block(name).is_some());
        let header = match self.known(path) {
            // After a syntax error, missing parts would look like another mistake.
            _ if use_.broken || block => None,
            Some(_) => self.known_header(use_),
            None => self.stated_header(use_),
        };
        let name = rename.cloned().unwrap_or_else(|| self.names.counted(&snake(&path.last.to_string()), span));
        let Some(header) = header else {
            if let Some(rename) = rename {
                self.name_broken(rename);
            }
            use_.arguments.iter().for_each(|argument| self.mark_used(&argument.value));
            return self.error_value(span, None);
        };
        operands.extend(self.model_values(&use_.arguments));
        if !use_.path.generics.is_empty() {
            let ty = &header.ty;
            self.diagnostics.put_checks(vec![Check::Assertion(quote!(<#ty as dl::Declared>::CHECKED))]);
        }
        let field = Field {
            scope: self.scope,
            name,
            model: true,
            is_parameter: false,
            ty: header.ty.clone(),
            tensors: Vec::new(),
            init: quote!(),
            text: header.text.clone(),
            parameters: header.parameters.clone(),
            nameless: false,
        };
        let (lowered, field) = self.apply_model(&header, operands, span, Some(field), None, binding);
        if let Some(rename) = rename {
            self.names.name_layer(rename, Named::Model(Rc::new(NamedModel { header, field })));
        }
        lowered
    }

    /// Lowers another use of a model that `as` named, with the same weights.
    pub(super) fn use_model_again(
        &mut self,
        named: &NamedModel,
        use_: &ast::Layer,
        piped: Option<Lowered>,
        binding: Option<&Ident>,
    ) -> Lowered {
        let mut operands: Vec<Lowered> = piped.into_iter().collect();
        operands.extend(self.model_values(&use_.arguments));
        if let Some(rename) = &use_.rename {
            self.error(rename.span(), format!("`{}` has its name already", use_.name));
        }
        let span = use_.name.span();
        let Some(field) = named.field else { return self.error_value(span, None) };
        self.apply_model(&named.header, operands, span, None, Some(field), binding).0
    }

    /// Adds values for the outputs of a broken use of a model.
    fn unknown(&mut self, header: &Header, span: Span) -> Lowered {
        let mut operands =
            header.outputs.iter().map(|shape| self.error_value(span, Some(shape.clone()))).collect::<Vec<_>>();
        if operands.len() == 1 {
            return operands.remove(0);
        }
        Lowered::Several(operands.iter().filter_map(Lowered::value).collect())
    }

    /// Lowers the arguments of a model, which are values.
    fn model_values(&mut self, arguments: &[ast::Argument]) -> Vec<Lowered> {
        let mut operands = Vec::new();
        for ast::Argument { value, .. } in arguments {
            let lowered = self.expression(value, None);
            operands.push(match lowered {
                Lowered::Number(_) => {
                    let message = format!("a model takes values of the network, and `{value}` is a number");
                    self.diagnostics.error_between(value.start, value.end, message);
                    self.error_value(value.start, None)
                }
                lowered => lowered,
            });
        }
        operands
    }

    fn apply_model(
        &mut self,
        header: &Header,
        operands: Vec<Lowered>,
        span: Span,
        field: Option<Field>,
        shared_field: Option<FieldId>,
        binding: Option<&Ident>,
    ) -> (Lowered, Option<FieldId>) {
        let values: Option<Vec<ValueId>> = operands.iter().map(Lowered::value).collect();
        let wanted = header.inputs.as_ref().map_or(1, Vec::len);
        let broken =
            operands.iter().any(|lowered| matches!(lowered, Lowered::Value(id) if self.values[*id].shape.is_none()));
        if broken && operands.len() != wanted {
            return (self.unknown(header, span), None);
        }
        let Some(values) = values.filter(|values| values.len() == wanted) else {
            let message = match (operands.len(), wanted) {
                (0, _) => format!("`{0}` wants a value: `{1} -> {0}`", header.text, self.suggested_value()),
                (_, 1) => format!("`{}` takes one value", header.text),
                (_, n) => format!("`{}` takes {n} values: `{}(a, b)`", header.text, header.text),
            };
            self.error(span, message);
            return (self.unknown(header, span), None);
        };
        let shapes: Option<Vec<Shape>> = values.iter().map(|&value| self.values[value].shape.clone()).collect();
        let Some(shapes) = shapes else { return (self.unknown(header, span), None) };
        let mut valid = true;
        if header.input_record.is_some() && shapes.iter().any(|shape| shape.length.is_some()) {
            let message = format!(
                "`{}` has several inputs, and a sequence among them; inside a model, it can have one input",
                header.text
            );
            self.error(span, message);
            return (self.unknown(header, span), None);
        }
        // A model counts its lengths for itself; they are those of what flows in.
        let like = |shape: &Shape, to: &Shape| match (&shape.length, &to.length) {
            (Some(_), Some(length)) => shape.clone().with_length(Some(length.clone())),
            _ => shape.clone(),
        };
        for (shape, wanted) in shapes.iter().zip(header.inputs.iter().flatten()) {
            let wanted = &like(wanted, shape);
            let start = format!("`{}` takes ", header.text);
            let text = message!(start, wanted, ", but its input is ", shape);
            valid &= self.diagnostics.require(check::equal(shape, wanted), span, text);
        }
        if !valid {
            return (self.unknown(header, span), None);
        }
        if header.inputs.is_none() {
            self.assert_interface(header, &shapes[0], span);
        }
        let input = match &header.input_record {
            Some(record) => self.joined(&values, record, span),
            None => values[0],
        };
        let mut op = Op::model(header.ty.clone());
        op.is_external_model = header.inputs.is_none();
        let output = match &header.output_record {
            Some(record) => Shape::record(record.clone(), &header.outputs),
            None => like(&header.outputs[0], &shapes[0]),
        };
        let name_prefix = "model";
        let node = NewNode {
            op,
            inputs: vec![input],
            output,
            field,
            shared_field,
            text: header.text.clone(),
            binding,
            name_prefix,
            span,
        };
        let lowered = self.push_node(node);
        let field = self.nodes.last().and_then(|node| node.field);
        let (Some(_), Lowered::Value(id)) = (&header.output_record, &lowered) else { return (lowered, field) };
        let parts = self.parts(*id, &header.outputs, span);
        (Lowered::Several(parts), field)
    }

    /// Adds checks by which rustc verifies the input and output of a model from outside.
    fn assert_interface(&mut self, header: &Header, input: &Shape, span: Span) {
        let (ty, text, output) = (&header.ty, &header.text, &header.outputs[0]);
        let assertions =
            [("takes", span, input.sample_ty()), ("makes", header.stated.unwrap_or(span), output.sample_ty())];
        let assertions = assertions.map(|(name, span, shape)| {
            let (name, arguments) = (Ident::new(name, before(span)), quote_spanned!(span=> (#text)));
            let path = quote_spanned!(before(span)=> dl::#name::<#ty, #shape>);
            Check::Assertion(quote!(#path #arguments))
        });
        self.diagnostics.put_checks(assertions.into());
    }
}

/// Converts `ImageEncoder` to `image_encoder`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
