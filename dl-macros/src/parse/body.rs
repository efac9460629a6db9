//! The body of a model: `let`s, and the expression that is the output.

use super::{Parser, Place, cursor::Cursor};
use crate::ast::{Body, Expr, ExprKind, Let};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};

impl Parser<'_> {
    /// The `let`s and the last expression.
    pub fn body(&self, group: &Group) -> Body {
        let before = self.diagnostics.count();
        let mut cursor = Cursor::inside(group);
        let mut body = Body::default();
        while !cursor.at_end() {
            if cursor.take_word("let") {
                body.lets.extend(self.binding(&mut cursor));
                continue;
            }
            if self.forgot_let(&cursor) {
                self.diagnostics.error(cursor.span(), "a value is named with `let`: `let name = …;`");
                body.lets.extend(self.binding(&mut cursor));
                continue;
            }
            let value = self.statement(&mut cursor);
            let semicolon = cursor.span();
            if cursor.take_punct(';') {
                let last = cursor.at_end();
                let message = if last {
                    "the last expression is the output: remove this `;`"
                } else {
                    "the value before this `;` is lost; bind it with `let name = …;`"
                };
                self.diagnostics.error(semicolon, message);
            }
            body.output = Some(value);
        }
        if body.output.is_none() && self.diagnostics.count() == before {
            let message = match (body.lets.last(), self.place.get()) {
                (Some(last), Place::Loss) => {
                    format!("the loss has no terms; end it with an expression, such as `{}`", last.names[0])
                }
                (Some(last), _) => {
                    format!("the body has no output; end it with an expression, such as `{}`", last.names[0])
                }
                (None, Place::Body | Place::Header) => {
                    "the body is empty; it says what becomes of the input: `x -> dense(10)`".to_owned()
                }
                (None, Place::Braces) => "the braces are empty; they hold layers: `{ dense(10) -> relu }`".to_owned(),
                (None, Place::Loss) => {
                    "the loss is empty; it says what training makes small: `cross_entropy(output, target)`".to_owned()
                }
            };
            self.diagnostics.error(group.span_close(), message);
        }
        body
    }

    /// Whether `h =` or `(a, b) =` comes next.
    fn forgot_let(&self, cursor: &Cursor) -> bool {
        let name = matches!(cursor.peek(), Some(TokenTree::Ident(_))) || cursor.is_group(0, Delimiter::Parenthesis);
        name && cursor.is_punct(1, '=') && !cursor.is_pair(1, '=', '>') && !cursor.is_pair(1, '=', '=')
    }

    /// `h = …;` after `let`
    pub fn binding(&self, cursor: &mut Cursor) -> Option<Let> {
        let mut names: Vec<Ident> = cursor.take_ident().into_iter().collect();
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            names = self.list(&group, |cursor| self.name(cursor)).into_iter().flatten().collect();
        }
        let found = (cursor.span(), cursor.found());
        let equals = !names.is_empty() && cursor.take_punct('=');
        let before = self.diagnostics.count();
        let value = equals.then(|| self.statement(cursor));
        match &value {
            None => {
                let expected = if !names.is_empty() { "`=` and a value" } else { "a name after `let`" };
                self.diagnostics.error(found.0, format!("expected {expected}, found {}", found.1));
                cursor.skip_to(&[';']);
            }
            Some(_) if !cursor.is_punct(0, ';') && self.diagnostics.count() == before => {
                self.diagnostics.error(cursor.span(), format!("expected `;`, found {}", cursor.found()));
            }
            Some(_) => {}
        }
        cursor.take_punct(';');
        // A name without a value is bound all the same: its uses are no mistakes.
        let at = found.0;
        (!names.is_empty()).then(|| Let { names, value: value.unwrap_or_else(|| Expr::broken(at)) })
    }

    /// One name of a list.
    fn name(&self, cursor: &mut Cursor) -> Option<Ident> {
        let name = cursor.take_ident();
        if name.is_none() {
            self.diagnostics.error(cursor.span(), format!("expected a name, found {}", cursor.found()));
            cursor.skip_to(&[',']);
        }
        name
    }

    /// An expression that goes to `;` or the end.
    pub fn statement(&self, cursor: &mut Cursor) -> Expr {
        let value = self.expression(cursor);
        self.to_semicolon(value, cursor)
    }

    /// What follows an expression up to `;` or the end.
    pub fn to_semicolon(&self, value: Expr, cursor: &mut Cursor) -> Expr {
        if cursor.at_end() || cursor.is_punct(0, ';') || matches!(value.kind, ExprKind::Broken) {
            return self.rest(value, cursor);
        }
        // A forgotten semicolon.
        if cursor.is_word("let") {
            return value;
        }
        let foreign = matches!(cursor.peek(), Some(TokenTree::Punct(_)));
        let help = if foreign { format!("; an arrow applies a layer: `{value} -> …`") } else { String::new() };
        self.diagnostics.error(cursor.span(), format!("expected `->` or `;`, found {}{help}", cursor.found()));
        self.rest(Expr::broken(value.start), cursor)
    }

    /// `value`, or what follows it after a mistake.
    fn rest(&self, mut value: Expr, cursor: &mut Cursor) -> Expr {
        loop {
            cursor.skip_to(&['>', ';']);
            if !cursor.is_arrow() {
                return value;
            }
            value = self.pipe(value, cursor);
        }
    }
}
