//! Parses lists in brackets and parentheses, and the dimensions of shapes.

use super::{Parser, cursor::Cursor};
use crate::ast::Expr;
use crate::names::is_keyword;
use proc_macro2::{Delimiter, Group, TokenTree};

impl Parser<'_> {
    /// Parses the items of a list in brackets or parentheses, separated by commas.
    pub fn list<T>(&self, group: &Group, item: impl Fn(&mut Cursor) -> T) -> Vec<T> {
        let mut cursor = Cursor::inside(group);
        let (mut items, mut reported) = (Vec::new(), false);
        while !cursor.at_end() {
            let (before, errors) = (cursor.position(), self.diagnostics.count());
            if reported && cursor.take_punct(',') {
                continue;
            }
            items.push(item(&mut cursor));
            // After a missing comma, the next items may be fragments.
            if reported {
                self.diagnostics.keep(errors);
            }
            reported |= self.diagnostics.count() > errors;
            if !cursor.at_end() && !cursor.is_punct(0, ',') {
                // Between two commas, only the first mistake is reported.
                if !reported && self.diagnostics.count() == errors {
                    self.diagnostics.error(cursor.span(), self.forgotten_comma(&cursor));
                }
                reported = true;
                // If only the comma is missing, the next item follows.
                let between = cursor.is_word("x") && matches!(cursor.peek_at(1), Some(TokenTree::Literal(_)));
                if between {
                    cursor.next();
                }
                let next = matches!(cursor.peek(), Some(TokenTree::Ident(word)) if !is_keyword(word));
                if (between || next) && cursor.position() > before {
                    continue;
                }
                cursor.skip_to(&[',']);
            }
            cursor.take_punct(',');
        }
        items
    }

    /// Returns the message about a missing comma.
    fn forgotten_comma(&self, cursor: &Cursor) -> String {
        let size = cursor.is_word("x") && matches!(cursor.peek_at(1), Some(TokenTree::Literal(_)));
        let help = match cursor.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                "; there are no indices, and a size is a number, a constant or arithmetic"
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == '.' => "; numbers and values have no methods",
            Some(TokenTree::Punct(punct)) if "^<>&|".contains(punct.as_char()) => {
                "; sizes are computed with `+`, `-`, `*`, `/` and `%`"
            }
            _ if size => "; between sizes stands a comma: `[28, 28]`",
            _ => "",
        };
        format!("expected `,`, found {}{help}", cursor.found())
    }

    /// Parses one dimension of a shape.
    pub fn dimension(&self, cursor: &mut Cursor) -> Expr {
        let named = usize::from(matches!(cursor.peek(), Some(TokenTree::Ident(_))));
        if cursor.is_punct(named, '.') && cursor.is_punct(named + 1, '.') {
            let at = cursor.span();
            self.diagnostics.error(at, "the length of a sequence is the first dimension, and there is one: `[.., 8]`");
            cursor.skip_to(&[',']);
            return Expr::broken(at);
        }
        if cursor.is_punct(0, '?') || cursor.is_punct(0, '*') {
            let at = cursor.span();
            self.diagnostics.error(at, "a dimension is a number or a constant; the batch is never written");
            cursor.skip_to(&[',']);
            return Expr::broken(at);
        }
        self.expression(cursor)
    }
}
