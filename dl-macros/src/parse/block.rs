//! Parses blocks: `block bottleneck(x: [c, h, w], channels, stride: 1) { … }`.

use super::{Parser, cursor::Cursor, foreign::is_type, skip_item};
use crate::ast::{Block, BlockParameter, BlockValue, Body, Element};
use proc_macro2::{Delimiter, Group, TokenTree};

impl Parser<'_> {
    /// Parses a block, beginning with the word `block`.
    pub fn block(&self, cursor: &mut Cursor) -> Option<Block> {
        let before = self.diagnostics.count();
        cursor.take_word("block");
        self.once(cursor, "block");
        let name = cursor.take_ident()?;
        let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
            let message =
                format!("expected what `{name}` takes, `(x)` or `(x: [c, h, w], channels)`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            skip_item(cursor);
            // A broken block is declared regardless, so that its uses are not reported.
            return Some(Block {
                name,
                values: Vec::new(),
                parameters: Vec::new(),
                body: Body::default(),
                broken: true,
                header_broken: true,
            });
        };
        let (values, parameters) = self.block_parameters(&group);
        let header_broken = self.diagnostics.count() > before;
        if cursor.is_arrow() {
            let message = "the output of a block follows from what flows in: remove this";
            self.diagnostics.error(cursor.span(), message);
            cursor.take_arrow();
            self.shape(cursor);
        }
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.body(&group),
            None => {
                let message = format!("expected the body of `{name}` in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Body::default()
            }
        };
        Some(Block { name, values, parameters, body, broken: self.diagnostics.count() > before, header_broken })
    }

    /// Parses the values and parameters of a block. The first name is a value; others are values if a shape follows, or else parameters.
    fn block_parameters(&self, group: &Group) -> (Vec<BlockValue>, Vec<BlockParameter>) {
        let (mut values, mut parameters) = (Vec::new(), Vec::new());
        let mut cursor = Cursor::inside(group);
        while !cursor.at_end() {
            let at = cursor.span();
            let Some(name) = cursor.take_ident() else {
                let message = format!("expected a name, found {}", cursor.found());
                self.diagnostics.error(at, message);
                cursor.skip_to(&[',']);
                cursor.take_punct(',');
                continue;
            };
            self.bound.borrow_mut().insert(name.to_string());
            let equals = cursor.is_punct(0, '=');
            if equals {
                self.diagnostics.error(cursor.span(), format!("a default is written with a colon: `{name}: …`"));
                cursor.next();
            }
            let forgotten =
                cursor.is_group(0, Delimiter::Bracket) || matches!(cursor.peek(), Some(TokenTree::Literal(_)));
            if forgotten && !equals {
                self.diagnostics.error(cursor.span(), format!("expected `:`, found {}", cursor.found()));
            }
            let colon = cursor.take_punct(':') || forgotten || equals;
            let element = match cursor.peek() {
                Some(TokenTree::Ident(name)) => !matches!(Element::of(name.clone()), Element::Other(_)),
                _ => false,
            };
            if colon && (element || cursor.is_group(0, Delimiter::Bracket)) {
                let pattern = self.shape(&mut cursor);
                if !parameters.is_empty() {
                    let message = "the values that a block takes come before its other parameters";
                    self.diagnostics.error(name.span(), message);
                }
                values.push(BlockValue { name, pattern });
            } else if values.is_empty() && parameters.is_empty() && !colon {
                values.push(BlockValue { name, pattern: None });
            } else {
                let typed = matches!(cursor.peek(), Some(TokenTree::Ident(ty)) if is_type(ty));
                if colon && typed {
                    let message =
                        format!("a parameter of a block has no type: `{name}`, or with a default `{name}: 16`");
                    self.diagnostics.error(cursor.span(), message);
                    cursor.next();
                    parameters.push(BlockParameter { name, default: None });
                } else {
                    let default = colon.then(|| self.expression(&mut cursor));
                    parameters.push(BlockParameter { name, default });
                }
            }
            if !cursor.at_end() && !cursor.take_punct(',') {
                self.diagnostics.error(cursor.span(), format!("expected `,`, found {}", cursor.found()));
                // If only the comma is missing, the next name follows.
                if !matches!(cursor.peek(), Some(TokenTree::Ident(_))) {
                    cursor.skip_to(&[',']);
                    cursor.take_punct(',');
                }
            }
        }
        if values.is_empty() {
            self.diagnostics.error(group.span(), "a block begins with the value that flows in: `(x, channels)`");
        }
        (values, parameters)
    }
}
