//! Parses `model!`. The parser recovers from errors, so that one compilation reports every mistake; a broken part becomes a node.

mod block;
mod body;
pub mod combinator;
pub mod cursor;
pub mod depth;
mod expression;
mod foreign;
mod layer;
mod list;
mod loss;
mod model;
mod pipe;
#[cfg(test)]
mod tests;

use crate::ast::{self, Constant, File};
use crate::diagnostics::Diagnostics;
use crate::names::is_capitalised;
use cursor::Cursor;
pub use foreign::MODULES;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::parse::Parser as _;

/// Parses the inside of `model! { … }`.
pub fn parse(tokens: TokenStream, diagnostics: &Diagnostics) -> File {
    let parser = Parser {
        diagnostics,
        body_kind: std::cell::Cell::new(BodyKind::Body),
        names_missing: Default::default(),
        bound: Default::default(),
        choices: Default::default(),
    };
    // The end is the last token: with the span of the whole macro, rustc would print all of it.
    let end = tokens.clone().into_iter().last().map_or_else(Span::call_site, |last| match last {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    });
    let reserved = std::rc::Rc::new(crate::names::ReservedNames::of(tokens.clone()));
    let mut cursor = Cursor::new(tokens, end);
    let mut file = File { reserved, ..File::default() };
    while !cursor.at_end() {
        let before = cursor.position();
        parser.item(&mut cursor, &mut file);
        // Every item consumes at least one token, so that the loop ends.
        if cursor.position() == before {
            cursor.next();
        }
    }
    file.names_missing |= parser.names_missing.get();
    let silent = diagnostics.count() == 0;
    if silent && file.models.is_empty() {
        diagnostics.error(Span::call_site(), "expected a model: `Name(input: [2]) -> [1] { … }`");
    }
    file
}

/// The state that all functions of the parser share.
struct Parser<'a> {
    diagnostics: &'a Diagnostics,
    body_kind: std::cell::Cell<BodyKind>,
    /// `true` if a broken part may declare a name: see [`File::names_missing`].
    names_missing: std::cell::Cell<bool>,
    /// Every name of an input or a `let`.
    bound: std::cell::RefCell<std::collections::HashSet<String>>,
    /// The depth of nested `else if`s.
    choices: std::cell::Cell<usize>,
}

/// The kind of body that is being parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    /// The body of a model or a block.
    Body,
    /// The braces of a combinator, whose first layer needs no operand.
    Braces,
    /// The body of a `loss` clause.
    Loss,
    /// The expression before braces, in `if n > 3 { … }` and `repeat n { … }`.
    Header,
}

impl Parser<'_> {
    /// Parses a constant, a block or a model.
    fn item(&self, cursor: &mut Cursor, file: &mut File) {
        let before = self.diagnostics.count();
        let nothing = match cursor.peek() {
            Some(TokenTree::Punct(punct)) => punct.as_char() != '#',
            Some(TokenTree::Ident(_)) | None => false,
            Some(_) => true,
        };
        if nothing && before > 0 {
            // These tokens are left over from another mistake.
            skip_to_item(cursor);
            return;
        }
        for c in [';', ','] {
            if cursor.is_punct(0, c) && !(file.models.is_empty() && file.blocks.is_empty()) {
                self.diagnostics.error(cursor.span(), format!("nothing stands between models: remove this `{c}`"));
                cursor.next();
                return;
            }
        }
        let attributes = self.attributes(cursor);
        let (visibility, at) = (self.visibility(cursor), cursor.span());
        self.word_before_a_model(cursor);
        let named = matches!(cursor.peek_at(1), Some(TokenTree::Ident(_)));
        let block = cursor.is_word("block") && named;
        let small = matches!(cursor.peek(), Some(TokenTree::Ident(name)) if !is_capitalised(name));
        let like_block = small && cursor.is_group(1, Delimiter::Parenthesis) && cursor.is_group(2, Delimiter::Brace);
        let stands_alone = matches!(cursor.peek_at(1), Some(TokenTree::Ident(name)) if is_capitalised(name));
        let function = matches!(cursor.peek_at(1), Some(TokenTree::Ident(word)) if word == "fn");
        if cursor.is_word("const") && function {
            self.diagnostics
                .error(at, "functions stand outside of `model!`; a size is a number, a constant or arithmetic");
            skip_item(cursor);
        } else if cursor.is_word("const") {
            let plain = attributes.iter().all(|a| a.path().is_ident("doc"));
            if !plain || !matches!(visibility, syn::Visibility::Inherited) {
                let message = "a constant in `model!` is for the models beside it; declare it outside to share it";
                self.diagnostics.error(at, message);
            }
            let constant = self.constant(cursor);
            file.names_missing |= constant.is_none();
            file.constants.extend(constant);
        } else if block {
            if let Some(first) = attributes.iter().find(|attribute| !attribute.path().is_ident("doc")) {
                let message = "a block is unfolded where it is used, and has no attributes";
                self.diagnostics.error(syn::spanned::Spanned::span(first), message);
            }
            if let syn::Visibility::Public(word) = &visibility {
                self.diagnostics.error(word.span, "a block is for the models beside it: remove `pub`");
            }
            file.blocks.extend(self.block(cursor));
        } else if cursor.is_word("loss") && stands_alone {
            cursor.next();
            let (int8, attributes) = self.int8(attributes);
            if let Some(at) = int8 {
                self.diagnostics.error(at, "a loss is for training, and has no form on int8: remove `#[int8]`");
            }
            let model = self.written_loss(cursor, attributes, visibility, before);
            file.names_missing |= model.is_none();
            file.models.extend(model);
        } else if cursor.is_word("loss") {
            let message = match file.models.last() {
                Some(ast::Model { loss: Some(_), name, .. }) => {
                    format!(
                        "`{name}` has a `loss` clause already; several terms are one sum: `mse(a, b) + 0.1 * mae(c, d)`"
                    )
                }
                _ => "a `loss` clause follows the body of its model: `Name(x: [2]) -> [1] { … } loss { … }`".to_owned(),
            };
            if !file.names_missing {
                self.diagnostics.error(at, message);
            }
            skip_clause(cursor);
        } else if cursor.is_word("block") && like_block {
            self.diagnostics.error(at, "a block has a name: `block wide(x, width) { … }`");
            file.names_missing = true;
            skip_item(cursor);
        } else if like_block {
            self.diagnostics.error(at, "a block begins with the word `block`: `block wide(x, width) { … }`");
            file.blocks.extend(self.block(cursor));
        } else {
            let (int8, attributes) = self.int8(attributes);
            let model = self.model(cursor, attributes, visibility, before);
            file.names_missing |= model.is_none();
            file.models.extend(model.map(|model| ast::Model { int8, ..model }));
        }
    }

    /// Parses `const D: usize = 384;`.
    fn constant(&self, cursor: &mut Cursor) -> Option<Constant> {
        cursor.take_word("const");
        // A broken constant is declared regardless, so that its uses are not reported.
        let broken = |name: Ident| Constant {
            value: ast::Expr::broken(name.span()),
            ty: quote::quote!(usize),
            kind: Some(ast::ConstantKind::Size),
            name,
        };
        self.once(cursor, "const");
        let Some(name) = cursor.take_ident() else {
            self.skip_constant(cursor, "a name after `const`");
            return None;
        };
        if !cursor.take_punct(':') {
            self.skip_constant(cursor, "a type: `: usize`");
            return Some(broken(name));
        }
        let mut ty = Vec::new();
        while !cursor.at_end() && !cursor.is_punct(0, '=') && !cursor.is_punct(0, ';') {
            ty.extend(cursor.next());
        }
        if !cursor.take_punct('=') {
            self.skip_constant(cursor, "`=` and a value");
            return Some(broken(name));
        }
        let before = self.diagnostics.count();
        let value = self.expression(cursor);
        if self.diagnostics.count() > before {
            cursor.skip_to(&[';']);
            cursor.take_punct(';');
            return Some(broken(name));
        }
        if !cursor.take_punct(';') {
            self.skip_constant(cursor, "`;`");
        }
        let ty: TokenStream = ty.into_iter().collect();
        Some(Constant { name, kind: ast::ConstantKind::of(&ty), ty, value })
    }

    /// Reports and skips a second `word`.
    fn once(&self, cursor: &mut Cursor, word: &str) {
        if cursor.is_word(word) {
            self.diagnostics.error(cursor.span(), format!("`{word}` stands here twice: remove one"));
            cursor.next();
        }
    }

    fn skip_constant(&self, cursor: &mut Cursor, expected: &str) {
        self.diagnostics.error(cursor.span(), format!("expected {expected}, found {}", cursor.found()));
        cursor.skip_to(&[';']);
        cursor.take_punct(';');
    }

    /// Parses `#[…]` and doc comments.
    fn attributes(&self, cursor: &mut Cursor) -> Vec<syn::Attribute> {
        let mut tokens = Vec::new();
        while cursor.is_punct(0, '#') && cursor.is_group(1, Delimiter::Bracket) {
            tokens.extend(cursor.next());
            tokens.extend(cursor.next());
        }
        let parsed = syn::Attribute::parse_outer.parse2(tokens.into_iter().collect());
        parsed.unwrap_or_else(|error| {
            self.diagnostics.error(error.span(), "this is no attribute of Rust, such as `#[derive(Debug)]`");
            Vec::new()
        })
    }

    /// Takes `#[int8]` out of the attributes of a model, and returns where it stands.
    fn int8(&self, attributes: Vec<syn::Attribute>) -> (Option<Span>, Vec<syn::Attribute>) {
        let (int8, others): (Vec<_>, Vec<_>) =
            attributes.into_iter().partition(|attribute| attribute.path().is_ident("int8"));
        let spans = int8.iter().map(|attribute| syn::spanned::Spanned::span(attribute.path()));
        let spans: Vec<Span> = spans.collect();
        if let Some(more) = int8.iter().find(|attribute| attribute.meta.require_path_only().is_err()) {
            let at = syn::spanned::Spanned::span(&more.meta);
            self.diagnostics
                .error(at, "`#[int8]` has no settings; those of the calibration are given to `Calibration`");
        }
        if let Some(second) = spans.get(1) {
            self.diagnostics.error(*second, "`#[int8]` stands here twice: remove one");
        }
        (spans.first().copied(), others)
    }

    /// Parses `pub` or `pub(crate)`.
    fn visibility(&self, cursor: &mut Cursor) -> syn::Visibility {
        if !cursor.is_word("pub") {
            return syn::Visibility::Inherited;
        }
        let mut tokens: Vec<TokenTree> = cursor.next().into_iter().collect();
        if cursor.is_group(0, Delimiter::Parenthesis) {
            tokens.extend(cursor.next());
        }
        syn::parse2(tokens.into_iter().collect()).unwrap_or_else(|error| {
            let message = "who sees a model is said by `pub`, `pub(crate)` or `pub(super)`";
            self.diagnostics.error(error.span(), message);
            syn::Visibility::Inherited
        })
    }
}

/// Skips the rest of an item, up to `;` or the end of its braces.
fn skip_item(cursor: &mut Cursor) {
    while !cursor.at_end() {
        if cursor.take_group(Delimiter::Brace).is_some() || cursor.take_punct(';') {
            return;
        }
        cursor.next();
    }
}

/// Skips the rest of a `loss` clause, which may have no braces.
fn skip_clause(cursor: &mut Cursor) {
    cursor.next();
    while !cursor.at_end() && !cursor.take_punct(';') && cursor.take_group(Delimiter::Brace).is_none() {
        if begins(cursor) {
            return;
        }
        cursor.next();
    }
}

/// Returns whether an item may begin here.
fn begins(cursor: &Cursor) -> bool {
    let opens = cursor.is_group(1, Delimiter::Parenthesis) || cursor.is_punct(1, '<');
    match cursor.peek() {
        Some(TokenTree::Punct(punct)) => punct.as_char() == '#' && cursor.is_group(1, Delimiter::Bracket),
        Some(TokenTree::Ident(name)) => {
            is_capitalised(name) && opens
                || ["pub", "const"].iter().any(|word| name == word)
                || name == "block" && matches!(cursor.peek_at(1), Some(TokenTree::Ident(_)))
                || name == "loss" && matches!(cursor.peek_at(1), Some(TokenTree::Ident(name)) if is_capitalised(name))
        }
        _ => false,
    }
}

/// Skips to the next token that may begin an item.
fn skip_to_item(cursor: &mut Cursor) {
    while !cursor.at_end() && !begins(cursor) {
        cursor.next();
    }
}
