//! Parses expressions: pipes, calls, arithmetic and numbers.

use super::pipe::is_layer;
use super::{BodyKind, Parser, combinator::combinator, cursor::Cursor, depth};
use crate::ast::{Expr, ExprKind, Operator, Path, Stage};
use crate::names::is_capitalised;
use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens;

impl Parser<'_> {
    /// Parses a whole expression: arithmetic, or a value and the layers after its arrows.
    pub fn expression(&self, cursor: &mut Cursor) -> Expr {
        if cursor.is_arrow() && self.body_kind.get() == BodyKind::Braces {
            self.diagnostics
                .error(cursor.span(), "what flows into the braces goes to the first layer in them: remove this arrow");
            cursor.take_arrow();
        }
        let value = matches!(cursor.peek_at(2), Some(TokenTree::Ident(name)) if !is_capitalised(name));
        if cursor.is_arrow() && value && !is_layer(cursor, 2) && cursor.is_pair(3, '-', '>') {
            self.diagnostics.error(cursor.span(), "no arrow stands before the first value: remove it");
            cursor.take_arrow();
        }
        let from = self.sum(cursor);
        let arrow = cursor.is_arrow() || self.is_foreign_arrow(cursor) || self.applies(cursor);
        if arrow { self.pipe(from, cursor) } else { from }
    }

    /// Parses a sum of terms with `+` and `-`.
    pub fn sum(&self, cursor: &mut Cursor) -> Expr {
        self.binary(cursor, false)
    }

    /// Parses one factor, such as the count before the braces of `repeat`.
    pub fn factor(&self, cursor: &mut Cursor) -> Expr {
        self.unary(cursor)
    }

    /// Parses terms, or factors if `multiplies`, with left-associative operators.
    fn binary(&self, cursor: &mut Cursor, multiplies: bool) -> Expr {
        let operand = |cursor: &mut Cursor| if multiplies { self.unary(cursor) } else { self.binary(cursor, true) };
        let (mut left, mut operators) = (operand(cursor), 0);
        while let Some(operator) = operator(cursor).filter(|operator| operator.multiplies() == multiplies) {
            if self.is_foreign_arrow(cursor) || self.applies(cursor) {
                break;
            }
            let at = cursor.span();
            operators += 1;
            if operators > depth::MAX_SEQUENCE {
                let message =
                    format!("an expression has at most {} operators in a row; `let` names a part", depth::MAX_SEQUENCE);
                return self.too_long(cursor, &message);
            }
            cursor.next();
            let right = operand(cursor);
            let (start, end) = (left.start, right.end);
            left = Expr::new(ExprKind::Binary(Box::new(left), operator, at, Box::new(right)), start, end);
        }
        left
    }

    fn unary(&self, cursor: &mut Cursor) -> Expr {
        let (mut minus, start) = (0, cursor.span());
        // A loop instead of recursion, since the number of signs is not limited yet.
        while cursor.is_punct(0, '-') && !cursor.is_arrow() {
            cursor.next();
            minus += 1;
        }
        if minus > depth::MAX_SEQUENCE {
            return self.too_long(cursor, "these signs turn the number around and around; one `-`, or none, is enough");
        }
        let mut expr = self.primary(cursor);
        for _ in 0..minus {
            let end = expr.end;
            expr = Expr::new(ExprKind::Negative(Box::new(expr)), start, end);
        }
        expr
    }

    fn primary(&self, cursor: &mut Cursor) -> Expr {
        let start = cursor.span();
        if self.foreign_word(cursor) {
            return Expr::broken(start);
        }
        let Some(token) = cursor.peek() else {
            return self.unexpected(cursor, "a value or a number");
        };
        match token {
            TokenTree::Literal(literal) => {
                let parsed = syn::parse2::<syn::Lit>(literal.to_token_stream());
                match parsed {
                    Ok(literal @ (syn::Lit::Int(_) | syn::Lit::Float(_))) => {
                        cursor.next();
                        self.conversion(cursor);
                        Expr::new(ExprKind::Number(literal), start, start)
                    }
                    Ok(syn::Lit::Str(text)) => {
                        cursor.next();
                        Expr::new(ExprKind::Text(text), start, start)
                    }
                    _ => self.unexpected(cursor, "a value or a number"),
                }
            }
            TokenTree::Group(group) => {
                let group = group.clone();
                match group.delimiter() {
                    Delimiter::Parenthesis | Delimiter::None => {
                        cursor.next();
                        Expr::new(self.inside(&group), group.span_open(), group.span_close())
                    }
                    Delimiter::Bracket => {
                        cursor.next();
                        let items = self.list(&group, |cursor| self.expression(cursor));
                        Expr::new(ExprKind::List(items), group.span_open(), group.span_close())
                    }
                    Delimiter::Brace => self.unexpected(cursor, "a value or a number"),
                }
            }
            TokenTree::Punct(_) if cursor.is_pair(0, '.', '.') => {
                cursor.skip_to(&[',', ';', '>']);
                Expr::new(ExprKind::Range, start, cursor.last_span())
            }
            TokenTree::Punct(_) if cursor.is_pair(0, ':', ':') => self.named(cursor),
            TokenTree::Punct(_) => {
                let literal = match cursor.peek_at(1) {
                    Some(TokenTree::Literal(literal)) if cursor.is_punct(0, '.') => Some(literal.to_string()),
                    _ => None,
                };
                if let Some(literal) = literal {
                    self.diagnostics.error(start, format!("a number begins with a digit: `0.{literal}`"));
                    cursor.skip_to(&['>', ';', ',']);
                    return Expr::broken(start);
                }
                let what = if cursor.is_arrow() { "a value before the arrow" } else { "a value or a number" };
                self.unexpected(cursor, what)
            }
            TokenTree::Ident(ident) if ident == "true" || ident == "false" => {
                let flag = ident == "true";
                cursor.next();
                Expr::new(ExprKind::Flag(flag), start, start)
            }
            TokenTree::Ident(word) if word == "if" => {
                let word = word.clone();
                cursor.next();
                match self.choice(&word, cursor) {
                    Some(choice) => Expr::new(ExprKind::If(Box::new(choice)), start, cursor.last_span()),
                    None => Expr::broken(start),
                }
            }
            TokenTree::Ident(_) if let Some((word, span)) = combinator(cursor) => {
                cursor.next();
                let stage = Box::new(self.combinator(word, span, cursor));
                Expr::new(ExprKind::Stage(stage), start, cursor.last_span())
            }
            TokenTree::Ident(_) => match self.no_combinator(cursor) {
                Some(stage) => Expr::new(ExprKind::Stage(Box::new(stage)), start, cursor.last_span()),
                None => self.named(cursor),
            },
        }
    }

    /// Parses an expression that begins with a name: a value, a constant, a call.
    fn named(&self, cursor: &mut Cursor) -> Expr {
        let (start, before) = (cursor.span(), self.diagnostics.count());
        let path = self.path(cursor);
        let opens = cursor.is_group(0, Delimiter::Parenthesis);
        if path.is_some() && self.diagnostics.count() > before {
            // A mistake such as `nn.relu(x)` was reported; its parentheses are skipped.
            cursor.take_group(Delimiter::Parenthesis);
            return Expr::broken(start);
        }
        let kind = match path {
            None => return Expr::broken(start),
            Some(path) if opens && path.single && !is_capitalised(&path.last) => match self.layer(cursor, path) {
                Stage::Layer(layer) => ExprKind::Call(layer),
                stage => ExprKind::Stage(Box::new(stage)),
            },
            Some(path) if cursor.is_group(0, Delimiter::Parenthesis) || !path.generics.is_empty() => {
                ExprKind::Stage(Box::new(self.model_use(cursor, path)))
            }
            Some(path) if path.single && !is_capitalised(&path.last) && self.names_a_layer(cursor) => {
                match self.layer(cursor, path) {
                    Stage::Layer(layer) => ExprKind::Call(layer),
                    stage => ExprKind::Stage(Box::new(stage)),
                }
            }
            Some(path) => ExprKind::Path(path),
        };
        if matches!(kind, ExprKind::Path(_)) {
            self.conversion(cursor);
        }
        if cursor.is_word("as") {
            let message = "`as` names a layer, and must follow one; `let` names a value";
            self.diagnostics.error(cursor.span(), message);
            cursor.next();
            cursor.take_ident();
        }
        Expr::new(kind, start, cursor.last_span())
    }

    /// Returns whether `as name` follows a layer without parentheses at the start of a combinator's braces: `residual { relu as r … }`.
    fn names_a_layer(&self, cursor: &Cursor) -> bool {
        cursor.is_word("as") && self.body_kind.get() == BodyKind::Braces
    }

    /// Parses the expression inside a group, or several separated by commas.
    fn inside(&self, group: &Group) -> ExprKind {
        let mut inner = Cursor::inside(group);
        let expr = self.expression(&mut inner);
        if inner.is_punct(0, ',') {
            let mut items = vec![expr];
            while inner.take_punct(',') && !inner.at_end() {
                items.push(self.expression(&mut inner));
            }
            if inner.at_end() {
                return ExprKind::Tuple(items);
            }
            let message = format!("expected `,` or `)`, found {}", inner.found());
            self.diagnostics.error(inner.span(), message);
            return ExprKind::Broken;
        }
        if !inner.at_end() {
            self.diagnostics.error(inner.span(), format!("expected `)`, found {}", inner.found()));
            return ExprKind::Broken;
        }
        ExprKind::Parens(Box::new(expr))
    }

    /// Reports and skips syntax of another language that begins with a keyword, and returns whether there was any.
    fn foreign_word(&self, cursor: &mut Cursor) -> bool {
        let start = cursor.clone();
        let foreign = self.foreign(cursor);
        // The body needs the `;` after it.
        if foreign && cursor.last_was(';') {
            let end = cursor.position();
            *cursor = start;
            (cursor.position() + 1..end).for_each(|_| drop(cursor.next()));
        }
        foreign
    }

    /// Parses a path: `a::b::c`.
    pub fn path(&self, cursor: &mut Cursor) -> Option<Path> {
        if let Some(name) = self.module(cursor) {
            let last = name?;
            return Some(Path { tokens: last.to_token_stream(), last, single: true, generics: Vec::new() });
        }
        let mut tokens = Vec::new();
        let mut names = 0;
        loop {
            if cursor.is_pair(0, ':', ':') {
                tokens.extend(cursor.next());
                tokens.extend(cursor.next());
            }
            let Some(last) = cursor.take_ident() else {
                self.diagnostics.error(cursor.span(), format!("expected a name, found {}", cursor.found()));
                return None;
            };
            let path = names == 0 && tokens.is_empty() && cursor.is_pair(0, ':', ':');
            // Generated code has a `dl` of its own, so the user's becomes `r#dl`.
            let own = path && last == "dl";
            tokens.push(TokenTree::Ident(if own {
                proc_macro2::Ident::new_raw("dl", last.span())
            } else {
                last.clone()
            }));
            names += 1;
            let turbofish = cursor.is_pair(0, ':', ':') && cursor.is_punct(2, '<');
            if turbofish || cursor.is_punct(0, '<') && is_capitalised(&last) {
                let single = names == 1 && tokens.len() == 1;
                let generics = self.generic_arguments(cursor);
                return Some(Path { tokens: tokens.into_iter().collect(), last, single, generics });
            }
            if !cursor.is_pair(0, ':', ':') {
                let single = names == 1 && tokens.len() == 1;
                return Some(Path { tokens: tokens.into_iter().collect(), last, single, generics: Vec::new() });
            }
        }
    }

    /// Parses generic arguments: `::<4, HIDDEN>`.
    fn generic_arguments(&self, cursor: &mut Cursor) -> Vec<Expr> {
        while !cursor.take_punct('<') {
            cursor.next();
        }
        let (mut arguments, outside) = (Vec::new(), self.body_kind.replace(BodyKind::Header));
        while !cursor.at_end() && !cursor.is_punct(0, '>') {
            arguments.push(self.sum(cursor));
            if !cursor.take_punct(',') && !cursor.is_punct(0, '>') {
                let message = format!("expected `,` or `>`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                break;
            }
        }
        self.body_kind.set(outside);
        cursor.take_punct('>');
        arguments
    }

    /// Reports an expression that is too long, and skips to its end.
    fn too_long(&self, cursor: &mut Cursor, message: &str) -> Expr {
        let span = cursor.span();
        self.diagnostics.error(span, message);
        cursor.skip_to(&['>', ';', ',']);
        Expr::broken(span)
    }

    /// Reports that `expected` was expected, and skips to the next arrow, `;` or comma.
    fn unexpected(&self, cursor: &mut Cursor, expected: &str) -> Expr {
        let span = cursor.span();
        self.diagnostics.error(span, format!("expected {expected}, found {}", cursor.found()));
        cursor.skip_to(&['>', ';', ',']);
        Expr::broken(span)
    }
}

/// Returns the operator that comes next, if any.
pub fn operator(cursor: &Cursor) -> Option<Operator> {
    match cursor.peek() {
        Some(TokenTree::Punct(punct)) if !cursor.is_arrow() => Operator::of(punct.as_char()),
        _ => None,
    }
}
