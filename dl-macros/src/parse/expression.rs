//! Expressions of the language: pipes, calls, arithmetic, numbers.

use super::{Parser, Place, combinator::is_combinator, cursor::Cursor, is_capitalised};
use crate::ast::{Expr, ExprKind, Operator, Path, Stage};
use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens;

impl Parser<'_> {
    /// A whole expression: arithmetic, or a value and the layers that its arrows lead to.
    pub fn expression(&self, cursor: &mut Cursor) -> Expr {
        if cursor.is_arrow() && self.place.get() == Place::Braces {
            self.diagnostics
                .error(cursor.span(), "what flows into the braces goes to the first layer in them: remove this arrow");
            cursor.take_arrow();
        }
        let from = self.sum(cursor);
        if cursor.is_arrow() { self.pipe(from, cursor) } else { from }
    }

    /// `from` and the layers that its arrows lead to.
    pub fn pipe(&self, from: Expr, cursor: &mut Cursor) -> Expr {
        let mut stages = Vec::new();
        while cursor.take_arrow() || self.half_arrow(cursor) {
            stages.push(self.stage(cursor));
        }
        let (start, end) = (from.start, cursor.last_span());
        if let ExprKind::Binary(a, operator, _, b) = &from.kind {
            let more = if stages.len() > 1 { " -> …" } else { "" };
            let pipe: String = stages.first().map(|stage| format!(" -> {stage}{more}")).unwrap_or_default();
            let symbol = operator.symbol();
            let message =
                format!("`{from}{pipe}` can be read in two ways; write `({from}){pipe}` or `{a} {symbol} ({b}{pipe})`");
            self.diagnostics.error_between(start, end, message);
        }
        let pipe = Expr::new(ExprKind::Pipe(Box::new(from), stages), start, end);
        let Some(operator) = operator(cursor) else { return pipe };
        // `x -> relu + y`: reported, and read on as if there were parentheses.
        let at = cursor.span();
        cursor.next();
        let right = self.sum(cursor);
        let end = cursor.last_span();
        let symbol = operator.symbol();
        let message = format!("an arrow beside arithmetic wants parentheses: write `({pipe}) {symbol} {right}`");
        self.diagnostics.error_between(start, end, message);
        while cursor.take_arrow() {
            self.stage(cursor);
        }
        Expr::new(ExprKind::Binary(Box::new(pipe), operator, at, Box::new(right)), start, end)
    }

    /// Steps over `-` before a layer, which should have been an arrow.
    fn half_arrow(&self, cursor: &mut Cursor) -> bool {
        let layer = match cursor.peek_at(1) {
            Some(TokenTree::Ident(name)) => crate::layers::find(&name.to_string()).is_some(),
            _ => false,
        };
        let half = layer && cursor.is_punct(0, '-');
        if half {
            self.diagnostics.error(cursor.span(), "an arrow is written `->`");
            cursor.next();
        }
        half
    }

    /// The items of a list in brackets or parentheses, between commas.
    pub fn list<T>(&self, group: &Group, item: impl Fn(&mut Cursor) -> T) -> Vec<T> {
        let mut cursor = Cursor::inside(group);
        let mut items = Vec::new();
        while !cursor.at_end() {
            let before = cursor.position();
            items.push(item(&mut cursor));
            if !cursor.at_end() && !cursor.is_punct(0, ',') {
                self.diagnostics.error(cursor.span(), format!("expected `,`, found {}", cursor.found()));
                // A forgotten comma: the next item follows.
                if matches!(cursor.peek(), Some(TokenTree::Ident(_))) && cursor.position() > before {
                    continue;
                }
                cursor.skip_to(&[',']);
            }
            cursor.take_punct(',');
        }
        items
    }

    /// Terms between `+` and `-`.
    pub fn sum(&self, cursor: &mut Cursor) -> Expr {
        self.binary(cursor, false)
    }

    /// One factor: what stands before braces.
    pub fn factor(&self, cursor: &mut Cursor) -> Expr {
        self.unary(cursor)
    }

    /// Terms (`multiplies`: factors) joined to the left.
    fn binary(&self, cursor: &mut Cursor, multiplies: bool) -> Expr {
        let operand = |cursor: &mut Cursor| if multiplies { self.unary(cursor) } else { self.binary(cursor, true) };
        let mut left = operand(cursor);
        while let Some(operator) = operator(cursor).filter(|operator| operator.multiplies() == multiplies) {
            let at = cursor.span();
            cursor.next();
            let right = operand(cursor);
            let (start, end) = (left.start, right.end);
            left = Expr::new(ExprKind::Binary(Box::new(left), operator, at, Box::new(right)), start, end);
        }
        left
    }

    fn unary(&self, cursor: &mut Cursor) -> Expr {
        let (mut minus, start) = (0, cursor.span());
        // A loop, not recursion: any number of signs may stand here.
        while cursor.is_punct(0, '-') && !cursor.is_arrow() {
            cursor.next();
            minus += 1;
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
        let Some(token) = cursor.peek() else {
            return self.unexpected(cursor, "a value or a number");
        };
        match token {
            TokenTree::Literal(literal) => {
                let parsed = syn::parse2::<syn::Lit>(literal.to_token_stream());
                match parsed {
                    Ok(literal @ (syn::Lit::Int(_) | syn::Lit::Float(_))) => {
                        cursor.next();
                        Expr::new(ExprKind::Number(literal), start, start)
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
            TokenTree::Ident(word) if is_combinator(cursor) => {
                let word = word.clone();
                cursor.next();
                let stage = Box::new(self.combinator(word, cursor));
                Expr::new(ExprKind::Stage(stage), start, cursor.last_span())
            }
            TokenTree::Ident(_) => match self.no_combinator(cursor) {
                Some(stage) => Expr::new(ExprKind::Stage(Box::new(stage)), start, cursor.last_span()),
                None => self.named(cursor),
            },
        }
    }

    /// What begins with a name: a value, a constant, a call.
    fn named(&self, cursor: &mut Cursor) -> Expr {
        let start = cursor.span();
        let opens = cursor.is_group(1, Delimiter::Parenthesis);
        let kind = match self.path(cursor) {
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
        if cursor.is_word("as") {
            let message = "`as` names a layer, and must follow one; `let` names a value";
            self.diagnostics.error(cursor.span(), message);
            cursor.next();
            cursor.take_ident();
        }
        Expr::new(kind, start, cursor.last_span())
    }

    /// Whether `as name` follows, and the braces of a combinator begin: `residual { dense(8) … }` without parentheses.
    fn names_a_layer(&self, cursor: &Cursor) -> bool {
        cursor.is_word("as") && self.place.get() == Place::Braces
    }

    /// The one expression inside a group, or several between commas.
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

    /// `a::b::c`.
    pub fn path(&self, cursor: &mut Cursor) -> Option<Path> {
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
            // Generated code has a `dl` of its own.
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

    /// `::<4, HIDDEN>`
    fn generic_arguments(&self, cursor: &mut Cursor) -> Vec<Expr> {
        while !cursor.take_punct('<') {
            cursor.next();
        }
        let mut arguments = Vec::new();
        while !cursor.at_end() && !cursor.is_punct(0, '>') {
            arguments.push(self.sum(cursor));
            if !cursor.take_punct(',') && !cursor.is_punct(0, '>') {
                let message = format!("expected `,` or `>`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                break;
            }
        }
        cursor.take_punct('>');
        arguments
    }

    /// Reports that `expected` was expected, and goes on to the end of this part.
    fn unexpected(&self, cursor: &mut Cursor, expected: &str) -> Expr {
        let span = cursor.span();
        self.diagnostics.error(span, format!("expected {expected}, found {}", cursor.found()));
        cursor.skip_to(&['>', ';', ',']);
        Expr::broken(span)
    }
}

/// The operator that comes next.
pub fn operator(cursor: &Cursor) -> Option<Operator> {
    match cursor.peek() {
        Some(TokenTree::Punct(punct)) if !cursor.is_arrow() => Operator::of(punct.as_char()),
        _ => None,
    }
}
