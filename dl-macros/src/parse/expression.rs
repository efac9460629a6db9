//! Expressions of the language: pipes, calls, arithmetic, numbers.

use super::{Parser, cursor::Cursor, is_capitalised};
use crate::ast::{Argument, Expr, ExprKind, Layer, Operator, Path, Stage};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use quote::ToTokens;

/// Names that open braces of their own.
const COMBINATORS: [&str; 3] = ["residual", "concat", "repeat"];

impl Parser<'_> {
    /// A whole expression: arithmetic, or a value and the layers that its arrows lead to.
    pub fn expression(&self, cursor: &mut Cursor) -> Expr {
        let from = self.sum(cursor);
        if cursor.is_arrow() { self.pipe(from, cursor) } else { from }
    }

    /// `from` and the layers that its arrows lead to.
    pub fn pipe(&self, from: Expr, cursor: &mut Cursor) -> Expr {
        let mut stages = Vec::new();
        while cursor.take_arrow() {
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

    /// The items of a list in brackets or parentheses, between commas.
    pub fn list<T>(&self, group: &Group, item: impl Fn(&mut Cursor) -> T) -> Vec<T> {
        let mut cursor = Cursor::inside(group);
        let mut items = Vec::new();
        while !cursor.at_end() {
            items.push(item(&mut cursor));
            if !cursor.at_end() && !cursor.is_punct(0, ',') {
                self.diagnostics.error(cursor.span(), format!("expected `,`, found {}", cursor.found()));
                cursor.skip_to(&[',']);
            }
            cursor.take_punct(',');
        }
        items
    }

    /// Terms between `+` and `-`.
    fn sum(&self, cursor: &mut Cursor) -> Expr {
        self.binary(cursor, false)
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
                        let kind = ExprKind::Parens(Box::new(self.inside(&group)));
                        Expr::new(kind, group.span_open(), group.span_close())
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
            TokenTree::Ident(_) => self.named(cursor),
        }
    }

    /// What begins with a name: a value, a constant, a call.
    fn named(&self, cursor: &mut Cursor) -> Expr {
        let start = cursor.span();
        let opens = cursor.is_group(1, Delimiter::Parenthesis) || is_combinator(cursor);
        let kind = match self.path(cursor) {
            None => return Expr::broken(start),
            Some(path) if opens && path.single && !is_capitalised(&path.last) => {
                match self.layer_or_block(cursor, path) {
                    Stage::Layer(layer) => ExprKind::Call(layer),
                    stage => ExprKind::Stage(Box::new(stage)),
                }
            }
            Some(path) if cursor.is_group(0, Delimiter::Parenthesis) => {
                cursor.next();
                ExprKind::Stage(Box::new(Stage::Model(path)))
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

    /// What an arrow leads to.
    fn stage(&self, cursor: &mut Cursor) -> Stage {
        let stage = match cursor.peek() {
            Some(TokenTree::Ident(_)) => match self.path(cursor) {
                None => Stage::Broken,
                Some(path) if path.single && !is_capitalised(&path.last) => self.layer_or_block(cursor, path),
                Some(path) => {
                    // A model, with the arguments and the output that may be stated.
                    cursor.take_group(Delimiter::Parenthesis);
                    if cursor.take_punct(':') {
                        cursor.take_group(Delimiter::Bracket);
                    }
                    if cursor.take_word("as") {
                        cursor.take_ident();
                    }
                    Stage::Model(path)
                }
            },
            Some(TokenTree::Punct(_)) if cursor.is_pair(0, ':', ':') => {
                self.path(cursor).map_or(Stage::Broken, Stage::Model)
            }
            _ => {
                let message = format!("expected a layer after `->`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Stage::Broken
            }
        };
        let follows = cursor.at_end() || cursor.is_arrow() || operator(cursor).is_some();
        if !follows && !cursor.is_punct(0, ',') && !cursor.is_punct(0, ';') {
            if !matches!(stage, Stage::Broken) {
                let found = cursor.found();
                self.diagnostics.error(cursor.span(), format!("expected `->` or `;`, found {found}"));
            }
            cursor.skip_to(&['>', ';', ',']);
        }
        stage
    }

    /// A layer with its arguments and name, or a combinator with its braces.
    fn layer_or_block(&self, cursor: &mut Cursor, path: Path) -> Stage {
        let name = path.last;
        let braces = cursor.is_group(0, Delimiter::Brace) || cursor.is_group(1, Delimiter::Brace);
        if braces && COMBINATORS.iter().any(|combinator| name == combinator) {
            while !cursor.at_end() && !cursor.is_arrow() && !cursor.is_punct(0, ';') {
                if cursor.take_group(Delimiter::Brace).is_some() {
                    break;
                }
                cursor.next();
            }
            return Stage::Combinator(name);
        }
        let before = self.diagnostics.count();
        let group = cursor.take_group(Delimiter::Parenthesis);
        let arguments = group.map_or_else(Vec::new, |group| self.list(&group, |cursor| self.argument(cursor)));
        let mut broken = self.diagnostics.count() > before;
        let rename = cursor.is_word("as").then(|| {
            cursor.next();
            let name = cursor.take_ident();
            if name.is_none() {
                let message = format!("expected a name after `as`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                broken = true;
            }
            name
        });
        Stage::Layer(Layer { name, arguments, rename: rename.flatten(), broken })
    }

    /// `10` or `padding: 2`.
    fn argument(&self, cursor: &mut Cursor) -> Argument {
        let named = matches!(cursor.peek(), Some(TokenTree::Ident(_)));
        let colon = named && cursor.is_punct(1, ':') && !cursor.is_pair(1, ':', ':');
        let equals = named && cursor.is_punct(1, '=');
        let name: Option<Ident> = if colon || equals { cursor.take_ident() } else { None };
        if let Some(name) = &name {
            if equals {
                let message = format!("a named argument is written with a colon: `{name}: …`");
                self.diagnostics.error(cursor.span(), message);
            }
            cursor.next();
        }
        Argument { name, value: self.expression(cursor) }
    }

    /// The one expression inside a group.
    fn inside(&self, group: &Group) -> Expr {
        let mut inner = Cursor::inside(group);
        let expr = self.expression(&mut inner);
        if !inner.at_end() {
            self.diagnostics.error(inner.span(), format!("expected `)`, found {}", inner.found()));
        }
        expr
    }

    /// `a::b::c`.
    fn path(&self, cursor: &mut Cursor) -> Option<Path> {
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
            tokens.push(TokenTree::Ident(last.clone()));
            names += 1;
            if !cursor.is_pair(0, ':', ':') {
                let single = names == 1 && tokens.len() == 1;
                return Some(Path { tokens: tokens.into_iter().collect(), last, single });
            }
        }
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
fn operator(cursor: &Cursor) -> Option<Operator> {
    match cursor.peek() {
        Some(TokenTree::Punct(punct)) if !cursor.is_arrow() => Operator::of(punct.as_char()),
        _ => None,
    }
}

/// Whether `residual {`, `repeat 6 {` or the like comes next.
fn is_combinator(cursor: &Cursor) -> bool {
    let braces = cursor.is_group(1, Delimiter::Brace) || cursor.is_group(2, Delimiter::Brace);
    braces && COMBINATORS.iter().any(|name| cursor.is_word(name))
}
