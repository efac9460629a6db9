//! The parser of `model!`: tolerant, so that one compile reports every mistake. A broken part becomes a node.

mod cursor;
mod expression;
#[cfg(test)]
mod tests;

use crate::ast::{Body, Constant, Expr, File, Input, Let, Model, Output, Shape};
use crate::diagnostics::Diagnostics;
use cursor::Cursor;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::Parser as _;

/// Parses the inside of `model! { … }`.
pub fn parse(tokens: TokenStream, diagnostics: &Diagnostics) -> File {
    let parser = Parser { diagnostics };
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let mut file = File::default();
    while !cursor.at_end() {
        parser.item(&mut cursor, &mut file);
    }
    let silent = diagnostics.count() == 0;
    if silent && file.models.is_empty() {
        diagnostics.error(Span::call_site(), "expected a model: `Name(input: [2]) -> [1] { … }`");
    }
    file
}

/// What every function of the parser has at hand.
struct Parser<'a> {
    diagnostics: &'a Diagnostics,
}

impl Parser<'_> {
    /// A constant or a model.
    fn item(&self, cursor: &mut Cursor, file: &mut File) {
        let before = self.diagnostics.count();
        let attributes = self.attributes(cursor);
        let (visibility, at) = (self.visibility(cursor), cursor.span());
        let block = cursor.is_word("block") && matches!(cursor.peek_at(1), Some(TokenTree::Ident(_)));
        if cursor.is_word("const") {
            let plain = attributes.iter().all(|a| a.path().is_ident("doc"));
            if !plain || !matches!(visibility, syn::Visibility::Inherited) {
                let message = "a constant in `model!` is for the models beside it; declare it outside to share it";
                self.diagnostics.error(at, message);
            }
            file.constants.extend(self.constant(cursor));
        } else if block {
            self.diagnostics.error(at, "`block` is not supported yet");
            skip_item(cursor);
        } else {
            file.models.extend(self.model(cursor, attributes, visibility, before));
        }
    }

    /// `const D: usize = 384;`
    fn constant(&self, cursor: &mut Cursor) -> Option<Constant> {
        cursor.take_word("const");
        let Some(name) = cursor.take_ident() else {
            return self.skip_constant(cursor, "a name after `const`");
        };
        if !cursor.take_punct(':') {
            return self.skip_constant(cursor, "a type: `: usize`");
        }
        let mut ty = Vec::new();
        while !cursor.at_end() && !cursor.is_punct(0, '=') && !cursor.is_punct(0, ';') {
            ty.extend(cursor.next());
        }
        if !cursor.take_punct('=') {
            return self.skip_constant(cursor, "`=` and a value");
        }
        let value = self.expression(cursor);
        if !cursor.take_punct(';') {
            self.skip_constant(cursor, "`;`");
        }
        Some(Constant { name, ty: ty.into_iter().collect(), value })
    }

    fn skip_constant(&self, cursor: &mut Cursor, expected: &str) -> Option<Constant> {
        self.diagnostics.error(cursor.span(), format!("expected {expected}, found {}", cursor.found()));
        cursor.skip_to(&[';']);
        cursor.take_punct(';');
        None
    }

    /// `pub LeNet(image: [1, 28, 28]) -> [10] { … }`
    fn model(
        &self,
        cursor: &mut Cursor,
        attributes: Vec<syn::Attribute>,
        visibility: syn::Visibility,
        before: usize,
    ) -> Option<Model> {
        let at = cursor.span();
        let words = ["struct", "enum", "fn", "use", "mod", "impl", "type", "static", "trait", "let"];
        let Some(name) = cursor.take_ident().filter(|name| !words.iter().any(|word| name == word)) else {
            let message = "expected a model: `Name(input: [2]) -> [1] { … }`";
            self.diagnostics.error(at, message);
            skip_item(cursor);
            return None;
        };
        if is_keyword(&name) || !is_capitalised(&name) {
            let message =
                format!("`{name}` cannot name a model; the name becomes a struct, such as `{}`", camel(&name));
            self.diagnostics.error(name.span(), message);
        }
        if is_keyword(&name) {
            skip_item(cursor);
            return None;
        }
        let generics = cursor.is_punct(0, '<').then(|| cursor.span());
        while generics.is_some() && !cursor.at_end() && !cursor.is_group(0, Delimiter::Parenthesis) {
            cursor.next();
        }
        let inputs = match cursor.take_group(Delimiter::Parenthesis) {
            Some(group) => self.inputs(&group),
            None => {
                let message = format!("expected the input, `(x: [2])`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Vec::new()
            }
        };
        let output = self.output(cursor);
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.body(&group),
            None => {
                let message = format!("expected the body of `{name}` in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                if !matches!(cursor.peek(), Some(TokenTree::Ident(_))) {
                    skip_item(cursor);
                }
                Body::default()
            }
        };
        let loss = (cursor.is_word("loss") && cursor.is_group(1, Delimiter::Parenthesis)).then(|| cursor.span());
        if loss.is_some() {
            skip_item(cursor);
        }
        let broken = self.diagnostics.count() > before;
        Some(Model { attributes, visibility, name, generics, inputs, output, body, loss, broken })
    }

    /// `image: [1, 28, 28]`, between commas.
    fn inputs(&self, group: &Group) -> Vec<Input> {
        let before = self.diagnostics.count();
        let inputs = self.list(group, |cursor| {
            let at = cursor.span();
            let Some(name) = cursor.take_ident() else {
                self.diagnostics.error(at, format!("expected the input's name, found {}", cursor.found()));
                cursor.skip_to(&[',']);
                return None;
            };
            let colon = cursor.take_punct(':');
            if !colon {
                let message = format!("expected the shape of one sample, `{name}: [28, 28]`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
            }
            let shape = if colon { self.shape(cursor) } else { None };
            if shape.is_none() {
                cursor.skip_to(&[',']);
            }
            Some(Input { name, shape })
        });
        if inputs.is_empty() && self.diagnostics.count() == before {
            self.diagnostics.error(group.span(), "a model has an input: `(x: [2])`");
        }
        inputs.into_iter().flatten().collect()
    }

    /// `-> [10]`
    fn output(&self, cursor: &mut Cursor) -> Option<Output> {
        if !cursor.take_arrow() {
            let message = format!("expected the output's shape, `-> [10]`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            while !cursor.at_end() && !cursor.is_group(0, Delimiter::Brace) {
                cursor.next();
            }
            return None;
        }
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            return Some(Output::Several(group.span()));
        }
        self.shape(cursor).map(Output::One)
    }

    /// `[1, 28, 28]` or `u32[128]`
    fn shape(&self, cursor: &mut Cursor) -> Option<Shape> {
        let element = cursor.take_ident();
        let Some(group) = cursor.take_group(Delimiter::Bracket) else {
            let message = format!("expected a shape such as `[28, 28]`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            return None;
        };
        let dims = self.list(&group, |cursor| self.expression(cursor));
        Some(Shape { element, dims, span: group.span() })
    }

    /// The `let`s and the last expression.
    fn body(&self, group: &Group) -> Body {
        let before = self.diagnostics.count();
        let mut cursor = Cursor::inside(group);
        let mut body = Body::default();
        while !cursor.at_end() {
            if cursor.take_word("let") {
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
            let message = match body.lets.last() {
                Some(last) => format!("the body has no output; end it with an expression, such as `{}`", last.name),
                None => "the body is empty; it says what becomes of the input: `x -> dense(10)`".to_owned(),
            };
            self.diagnostics.error(group.span_close(), message);
        }
        body
    }

    /// `h = …;` after `let`
    fn binding(&self, cursor: &mut Cursor) -> Option<Let> {
        let name = cursor.take_ident();
        let found = (cursor.span(), cursor.found());
        let equals = name.is_some() && cursor.take_punct('=');
        let before = self.diagnostics.count();
        let value = equals.then(|| self.statement(cursor));
        match &value {
            None => {
                let expected = if name.is_some() { "`=` and a value" } else { "a name after `let`" };
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
        name.map(|name| Let { name, value: value.unwrap_or_else(|| Expr::broken(at)) })
    }

    /// An expression that goes to `;` or the end.
    fn statement(&self, cursor: &mut Cursor) -> Expr {
        let value = self.expression(cursor);
        if cursor.at_end() || cursor.is_punct(0, ';') || matches!(value.kind, crate::ast::ExprKind::Broken) {
            return self.rest(value, cursor);
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

    /// `#[…]` and doc comments.
    fn attributes(&self, cursor: &mut Cursor) -> Vec<syn::Attribute> {
        let mut tokens = Vec::new();
        while cursor.is_punct(0, '#') && cursor.is_group(1, Delimiter::Bracket) {
            tokens.extend(cursor.next());
            tokens.extend(cursor.next());
        }
        let parsed = syn::Attribute::parse_outer.parse2(tokens.into_iter().collect());
        parsed.unwrap_or_else(|error| {
            self.diagnostics.error(error.span(), error.to_string());
            Vec::new()
        })
    }

    /// `pub`, `pub(crate)`
    fn visibility(&self, cursor: &mut Cursor) -> syn::Visibility {
        if !cursor.is_word("pub") {
            return syn::Visibility::Inherited;
        }
        let mut tokens: Vec<TokenTree> = cursor.next().into_iter().collect();
        if cursor.is_group(0, Delimiter::Parenthesis) {
            tokens.extend(cursor.next());
        }
        syn::parse2(tokens.into_iter().collect()).unwrap_or_else(|error| {
            self.diagnostics.error(error.span(), error.to_string());
            syn::Visibility::Inherited
        })
    }
}

/// Steps over what is left of an item: to `;` or the end of its braces.
fn skip_item(cursor: &mut Cursor) {
    while !cursor.at_end() {
        if cursor.take_group(Delimiter::Brace).is_some() || cursor.take_punct(';') {
            return;
        }
        cursor.next();
    }
}

/// Whether `name` begins with a capital, as types and constants do.
pub fn is_capitalised(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

/// Whether Rust allows no variable of this name.
pub fn is_keyword(name: &Ident) -> bool {
    use quote::ToTokens;
    syn::parse2::<Ident>(name.to_token_stream()).is_err()
}

/// `my_net` as `MyNet`.
fn camel(name: &Ident) -> String {
    name.to_string()
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect()
}
