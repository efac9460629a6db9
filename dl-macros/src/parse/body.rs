//! Parses the body of a model: `let`s, and the expression that is the output.

use super::{BodyKind, Parser, cursor::Cursor};
use crate::ast::{Body, Expr, ExprKind, Let};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};

impl Parser<'_> {
    /// Parses the `let`s and the last expression.
    pub fn body(&self, group: &Group) -> Body {
        let before = self.diagnostics.count();
        let mut cursor = Cursor::inside(group);
        let mut body = Body::default();
        while !cursor.at_end() {
            // A second `;` is ignored.
            if cursor.position() > 0 && cursor.take_punct(';') {
                continue;
            }
            let start = self.diagnostics.count();
            self.returns(&mut cursor);
            if self.foreign(&mut cursor) {
                continue;
            }
            if cursor.take_word("let") {
                body.lets.extend(self.binding(&mut cursor, false));
                continue;
            }
            if self.forgot_let(&cursor) {
                self.diagnostics
                    .error(cursor.span(), "a value is named with `let`, and does not change: `let name = …;`");
                body.lets.extend(self.binding(&mut cursor, true));
                continue;
            }
            let mut value = self.statement(&mut cursor);
            if cursor.is_punct(0, ',') && self.body_kind.get() == BodyKind::Body {
                value = self.without_parentheses(value, &mut cursor);
            }
            let semicolon = cursor.span();
            // A `loss` clause in the body has a message of its own.
            let clause = matches!(cursor.peek_at(1), Some(TokenTree::Ident(word)) if word == "loss");
            if cursor.take_punct(';') && !clause && self.diagnostics.count() == start {
                let last = cursor.at_end() || cursor.is_punct(0, ';');
                if self.pipe_continues(&cursor) {
                    self.diagnostics.error(semicolon, "layers follow each other by arrows: `->` and not `;`");
                    let mut continues = true;
                    while continues {
                        cursor.take_arrow();
                        let stages = vec![self.stage(&mut cursor)];
                        let (from, start) = (Box::new(value.clone()), value.start);
                        let pipe = Expr::new(ExprKind::Pipe(from, stages), start, cursor.last_span());
                        value = if cursor.is_arrow() { self.pipe(pipe, &mut cursor) } else { pipe };
                        continues = cursor.take_punct(';') && self.pipe_continues(&cursor);
                    }
                    body.output = Some(value);
                    continue;
                }
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
            let message = match (body.lets.last(), self.body_kind.get()) {
                (Some(last), BodyKind::Loss) => {
                    format!("the loss has no terms; end it with an expression, such as `{}`", last.names[0])
                }
                (Some(last), _) => {
                    format!("the body has no output; end it with an expression, such as `{}`", last.names[0])
                }
                (None, BodyKind::Body | BodyKind::Header) => {
                    "the body is empty; it says what becomes of the input: `x -> dense(10)`".to_owned()
                }
                (None, BodyKind::Braces) => {
                    "the braces are empty; they hold layers: `{ dense(10) -> relu }`".to_owned()
                }
                (None, BodyKind::Loss) => {
                    "the loss is empty; it says what training makes small: `cross_entropy(output, target)`".to_owned()
                }
            };
            self.diagnostics.error(group.span_close(), message);
        }
        body
    }

    /// Returns whether an arrow or a layer comes next, where a statement might begin.
    fn pipe_continues(&self, cursor: &Cursor) -> bool {
        let layer = match cursor.peek() {
            Some(TokenTree::Ident(name)) => crate::layers::find(&name.to_string()).is_some(),
            _ => false,
        };
        let ends = matches!(cursor.peek_at(1), None | Some(TokenTree::Punct(_)));
        cursor.is_arrow() || layer && (ends && !cursor.is_punct(1, '=') || cursor.is_group(1, Delimiter::Parenthesis))
    }

    /// Parses `a, b` where the user meant `(a, b)` or `a -> b`.
    fn without_parentheses(&self, first: Expr, cursor: &mut Cursor) -> Expr {
        let (at, mut items) = (cursor.span(), vec![first]);
        cursor.take_punct(',');
        let message = if self.pipe_continues(cursor) {
            "layers follow each other by arrows: `->` and not `,`"
        } else if cursor.at_end() {
            "the last expression is the output: remove this `,`"
        } else {
            "several outputs stand in parentheses: `(a, b)`"
        };
        self.diagnostics.error(at, message);
        let layers = self.pipe_continues(cursor);
        // Mistakes in the rest are discarded, since they depend on what the user meant.
        let before = self.diagnostics.count();
        while !cursor.at_end() && !cursor.is_punct(0, ';') {
            items.push(self.statement(cursor));
            cursor.take_punct(',');
        }
        self.diagnostics.keep(before);
        let (start, end) = (items[0].start, cursor.last_span());
        if items.len() == 1 || layers { items.remove(0) } else { Expr::new(ExprKind::Tuple(items), start, end) }
    }

    /// Returns whether `h =`, `h +=` or `(a, b) =` comes next.
    fn forgot_let(&self, cursor: &Cursor) -> bool {
        let name = matches!(cursor.peek(), Some(TokenTree::Ident(_))) || cursor.is_group(0, Delimiter::Parenthesis);
        let changes = [':', '+', '-', '*', '/'].iter().any(|&c| cursor.is_pair(1, c, '='));
        let sets = cursor.is_punct(1, '=') && !cursor.is_pair(1, '=', '>') && !cursor.is_pair(1, '=', '=');
        name && (sets || changes)
    }

    /// Parses the names of a `let`, and reports and skips Rust syntax that it does not accept, such as `mut` and types.
    fn let_of_rust(&self, cursor: &mut Cursor, reported: bool) -> Vec<Ident> {
        self.once(cursor, "let");
        if cursor.is_word("mut") && matches!(cursor.peek_at(1), Some(TokenTree::Ident(_))) {
            self.diagnostics.error(cursor.span(), "a value does not change: remove `mut`");
            cursor.next();
        }
        let mut names: Vec<Ident> = cursor.take_ident().into_iter().collect();
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            names = self.list(&group, |cursor| self.name(cursor)).into_iter().flatten().collect();
        } else if cursor.is_group(0, Delimiter::Bracket) || cursor.is_punct(0, ',') && !names.is_empty() {
            self.diagnostics.error(cursor.span(), "several names stand in parentheses: `let (a, b) = …;`");
            let group = cursor.take_group(Delimiter::Bracket);
            let listed = group.map(|group| self.list(&group, |cursor| self.name(cursor)));
            names.extend(listed.into_iter().flatten().flatten());
            while cursor.take_punct(',') {
                names.extend(cursor.take_ident());
            }
        }
        if cursor.is_punct(0, ':') && !names.is_empty() && !reported {
            let message = if cursor.is_pair(0, ':', '=') {
                "a value is bound by `=`: remove this `:`"
            } else {
                "the shape of a value follows from its layers: remove what stands from this `:` to the `=`"
            };
            self.diagnostics.error(cursor.span(), message);
            cursor.skip_to(&['=', ';']);
        }
        names
    }

    /// Parses `h = …;` after `let`; `reported` is true if a missing `let` was reported.
    pub fn binding(&self, cursor: &mut Cursor, reported: bool) -> Option<Let> {
        let names = self.let_of_rust(cursor, reported);
        self.bound.borrow_mut().extend(names.iter().map(ToString::to_string));
        let found = (cursor.span(), cursor.found());
        // `:=` and `+=` are reported, and bind the name regardless.
        let changes = [':', '+', '-', '*', '/'].iter().any(|&c| cursor.is_pair(0, c, '='));
        if changes {
            cursor.next();
        }
        let equals = !names.is_empty() && cursor.take_punct('=');
        let before = self.diagnostics.count();
        let value = equals.then(|| self.statement(cursor));
        match &value {
            None => {
                let expected = if !names.is_empty() { "`=` and a value" } else { "a name after `let`" };
                self.diagnostics.error(found.0, format!("expected {expected}, found {}", found.1));
                self.names_missing.set(true);
                cursor.skip_to(&[';']);
            }
            Some(_) if !cursor.is_punct(0, ';') && self.diagnostics.count() == before => {
                self.diagnostics.error(cursor.span(), format!("expected `;`, found {}", cursor.found()));
                if cursor.is_punct(0, ',') {
                    cursor.skip_to(&[';']);
                }
            }
            Some(_) => {}
        }
        cursor.take_punct(';');
        // A name without a value is bound regardless, so that its uses are not reported.
        let at = found.0;
        (!names.is_empty()).then(|| Let { names, value: value.unwrap_or_else(|| Expr::broken(at)) })
    }

    /// Parses one name of a list.
    fn name(&self, cursor: &mut Cursor) -> Option<Ident> {
        let name = cursor.take_ident();
        if name.is_none() {
            self.diagnostics.error(cursor.span(), format!("expected a name, found {}", cursor.found()));
            cursor.skip_to(&[',']);
        }
        name
    }

    /// Parses an expression that ends at `;` or the end of the tokens.
    pub fn statement(&self, cursor: &mut Cursor) -> Expr {
        let before = self.diagnostics.count();
        let value = self.expression(cursor);
        self.to_semicolon(value, cursor, before)
    }

    /// Parses the rest of a statement up to `;` or the end; `before` is the number of mistakes before it.
    pub fn to_semicolon(&self, value: Expr, cursor: &mut Cursor, before: usize) -> Expr {
        if cursor.at_end() || cursor.is_punct(0, ';') || matches!(value.kind, ExprKind::Broken) {
            return self.rest(value, cursor);
        }
        // A missing semicolon or several values, which the body reports.
        if cursor.is_word("let") || cursor.is_punct(0, ',') && self.body_kind.get() == BodyKind::Body {
            return value;
        }
        let foreign = matches!(cursor.peek(), Some(TokenTree::Punct(_)));
        let sign = super::foreign::sign(cursor);
        let help = if !sign.is_empty() {
            sign.to_owned()
        } else if foreign {
            format!("; an arrow applies a layer: `{value} -> …`")
        } else {
            String::new()
        };
        if self.diagnostics.count() == before {
            self.diagnostics.error(cursor.span(), format!("expected `->` or `;`, found {}{help}", cursor.found()));
        }
        self.rest(Expr::broken(value.start), cursor)
    }

    /// Parses the pipes that follow a mistake, and returns the last, or `value` if there is none.
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
