//! Parses losses: the `loss` clause of a model, and losses that stand alone.

use super::cursor::Cursor;
use super::model::to_body;
use super::{BodyKind, Parser, skip_to_item};
use crate::ast::{Body, Expr, ExprKind, Loss, Model, Output, Path};
use proc_macro2::{Delimiter, Group};
use quote::ToTokens;

impl Parser<'_> {
    /// Parses a `loss` clause: `loss(target: u32) { … }`.
    pub(super) fn loss(&self, cursor: &mut Cursor, header_broken: &mut bool) -> Option<Loss> {
        let braces = cursor.is_group(1, Delimiter::Parenthesis) || cursor.is_group(1, Delimiter::Brace);
        if !cursor.is_word("loss") || !braces {
            return None;
        }
        cursor.next();
        let before = self.diagnostics.count();
        let targets = cursor.take_group(Delimiter::Parenthesis).map(|group| self.named_shapes(&group));
        *header_broken |= self.diagnostics.count() > before;
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.loss_body(&group),
            None => {
                let message = format!("expected what training makes small, in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                skip_to_item(cursor);
                Body::default()
            }
        };
        Some(Loss { targets: targets.unwrap_or_default(), body })
    }

    /// Parses a loss that stands alone, `loss LogCosh<const N: usize>(y: [N], target: [N]) { … }`, after the word `loss`: a model whose
    /// output is its input, with a clause.
    pub(super) fn written_loss(
        &self,
        cursor: &mut Cursor,
        attributes: Vec<syn::Attribute>,
        visibility: syn::Visibility,
        before: usize,
    ) -> Option<Model> {
        let name = cursor.take_ident()?;
        let generics = self.generics(cursor);
        let mut values = match cursor.take_group(Delimiter::Parenthesis) {
            Some(group) => {
                let values = self.named_shapes(&group);
                if values.is_empty() && self.diagnostics.count() == before {
                    let message =
                        format!("a loss reads an output and its target: `loss {name}(y: [3], target: [3]) {{ … }}`");
                    self.diagnostics.error(group.span(), message);
                }
                values
            }
            None => {
                let message =
                    format!("expected the output and the target, `(y: [3], target: [3])`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Vec::new()
            }
        };
        if cursor.is_arrow() && self.diagnostics.count() == before {
            let message = "a loss is one number for each sample, and declares no shape of it: remove the arrow";
            self.diagnostics.error(cursor.span(), message);
        }
        to_body(cursor);
        let header_broken = self.diagnostics.count() > before;
        let loss = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.loss_body(&group),
            None => {
                if !header_broken {
                    let message = format!("expected what training makes small, in braces, found {}", cursor.found());
                    self.diagnostics.error(cursor.span(), message);
                }
                Body::default()
            }
        };
        let targets = values.split_off(values.len().min(1));
        let input = values.first();
        let output = input.and_then(|input| input.shape.clone()).map(Output::One);
        let body = input.map(|input| {
            let path = Path {
                tokens: input.name.to_token_stream(),
                last: input.name.clone(),
                single: true,
                generics: Vec::new(),
            };
            Expr::new(ExprKind::Path(path), input.name.span(), input.name.span())
        });
        let broken = self.diagnostics.count() > before;
        Some(Model {
            attributes,
            int8: None,
            visibility,
            name,
            generics,
            inputs: values,
            output,
            body: Body { lets: Vec::new(), output: body },
            loss: Some(Loss { targets, body: loss }),
            is_loss: true,
            broken,
            header_broken,
        })
    }

    /// Parses the inside of a `loss` clause.
    fn loss_body(&self, group: &Group) -> Body {
        let outside = self.body_kind.replace(BodyKind::Loss);
        let body = self.body(group);
        self.body_kind.set(outside);
        body
    }
}
