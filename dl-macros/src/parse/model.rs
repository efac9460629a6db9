//! Parses models: the header and the body.

use super::{Parser, cursor::Cursor, skip_item, skip_to_item};
use crate::ast::{Body, Element, Input, Length, Model, Output, Shape};
use crate::names::{is_capitalised, is_keyword};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};

impl Parser<'_> {
    /// Parses `LeNet(image: [1, 28, 28]) -> [10] { … }`; `before` is the number of mistakes before the model.
    pub fn model(
        &self,
        cursor: &mut Cursor,
        attributes: Vec<syn::Attribute>,
        visibility: syn::Visibility,
        before: usize,
    ) -> Option<Model> {
        let at = cursor.span();
        let word = cursor.peek().map_or(String::new(), ToString::to_string);
        let words = ["struct", "enum", "fn", "use", "mod", "impl", "type", "static", "trait", "let"];
        let Some(name) = cursor.take_ident().filter(|name| !words.iter().any(|word| name == word)) else {
            let mut message = "expected a model: `Name(input: [2]) -> [1] { … }`".to_owned();
            if words.iter().any(|known| word == *known) {
                message = format!(
                    "`{word}` stands outside of `model!`; models stand here: `Name(input: [2]) -> [1] {{ … }}`"
                );
            }
            self.diagnostics.error(at, message);
            skip_item(cursor);
            return None;
        };
        let header = cursor.is_group(0, Delimiter::Parenthesis) || cursor.is_punct(0, '<');
        if !is_capitalised(&name) && !header && !is_keyword(&name) {
            self.diagnostics.error(at, "expected a model: `Name(input: [2]) -> [1] { … }`");
            self.names_missing.set(true);
            skip_to_item(cursor);
            return None;
        }
        if name == "Loss" && cursor.is_group(1, Delimiter::Brace) {
            self.diagnostics.error(at, "a `loss` clause begins with a small letter: `loss(target: u32) { … }`");
            skip_item(cursor);
            return None;
        }
        if is_keyword(&name) || !is_capitalised(&name) {
            let message = match camel(&name) {
                suggested if name == suggested => format!("`{name}` is a word of Rust; choose another name"),
                suggested => format!("`{name}` cannot name a model; the name becomes a struct, such as `{suggested}`"),
            };
            self.diagnostics.error(name.span(), message);
        }
        if is_keyword(&name) {
            skip_item(cursor);
            return None;
        }
        let generics = self.generics(cursor);
        let inputs = match cursor.take_group(Delimiter::Parenthesis) {
            Some(group) => self.inputs(&group),
            None => {
                if self.diagnostics.count() == before {
                    let message = format!("expected the input, `(x: [2])`, found {}", cursor.found());
                    self.diagnostics.error(cursor.span(), message);
                }
                self.to_inputs(cursor);
                let group = cursor.take_group(Delimiter::Parenthesis);
                let known = self.diagnostics.count();
                let inputs = group.map(|group| self.inputs(&group));
                self.diagnostics.keep(known);
                inputs.unwrap_or_default()
            }
        };
        // After a mistake in the inputs, a mistake in the output may be its consequence.
        let (valid, known) = (self.diagnostics.count() == before, self.diagnostics.count());
        let output = self.output(cursor);
        if !valid {
            self.diagnostics.keep(known);
        }
        let mut header_broken = self.diagnostics.count() > before;
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.body(&group),
            None => {
                if !header_broken {
                    let message = format!("expected the body of `{name}` in braces, found {}", cursor.found());
                    self.diagnostics.error(cursor.span(), message);
                }
                header_broken = true;
                skip_to_item(cursor);
                Body::default()
            }
        };
        let loss = self.loss(cursor, &mut header_broken);
        let broken = self.diagnostics.count() > before;
        Some(Model {
            attributes,
            int8: None,
            visibility,
            name,
            generics,
            inputs,
            output,
            body,
            loss,
            is_loss: false,
            broken,
            header_broken,
        })
    }

    /// Skips to the inputs, the arrow or the body.
    fn to_inputs(&self, cursor: &mut Cursor) {
        let stops = |cursor: &Cursor| {
            cursor.is_group(0, Delimiter::Parenthesis) || cursor.is_group(0, Delimiter::Brace) || cursor.is_arrow()
        };
        // The `pub` of `Net pub (x: [2])` does not begin an item.
        if cursor.is_word("pub") {
            cursor.next();
        }
        while !cursor.at_end() && !stops(cursor) && !super::begins(cursor) {
            cursor.next();
        }
    }

    /// Parses inputs: `image: [1, 28, 28]`, separated by commas.
    fn inputs(&self, group: &Group) -> Vec<Input> {
        let before = self.diagnostics.count();
        let inputs = self.named_shapes(group);
        if inputs.is_empty() && self.diagnostics.count() == before {
            self.diagnostics.error(group.span(), "a model has an input: `(x: [2])`");
        }
        inputs
    }

    /// Parses const parameters: `<const IN: usize, const OUT: usize>`.
    pub(super) fn generics(&self, cursor: &mut Cursor) -> Vec<Ident> {
        let mut generics = Vec::new();
        if !cursor.take_punct('<') {
            return generics;
        }
        let before = self.diagnostics.count();
        while !cursor.at_end() && !cursor.take_punct('>') {
            let at = cursor.span();
            let name = if cursor.take_word("const") { cursor.take_ident() } else { None };
            let typed = cursor.take_punct(':') && cursor.take_word("usize");
            match name.filter(|_| typed) {
                Some(name) => generics.push(name),
                None => {
                    if self.diagnostics.count() == before {
                        self.diagnostics.error(at, "the parameters of a model are sizes: `<const WIDTH: usize>`");
                    }
                    while !cursor.at_end() && !cursor.is_punct(0, ',') && !cursor.is_punct(0, '>') {
                        cursor.next();
                    }
                }
            }
            cursor.take_punct(',');
        }
        generics
    }

    /// Parses names with shapes: `name: [2]`, separated by commas.
    pub(super) fn named_shapes(&self, group: &Group) -> Vec<Input> {
        let inputs = self.list(group, |cursor| {
            self.words_of_rust(cursor);
            let at = cursor.span();
            let Some(name) = cursor.take_ident() else {
                self.diagnostics.error(at, format!("expected the input's name, found {}", cursor.found()));
                cursor.skip_to(&[',']);
                return None;
            };
            self.bound.borrow_mut().insert(name.to_string());
            let colon = cursor.take_punct(':');
            if !colon {
                let message = format!("expected the shape of one sample, `{name}: [28, 28]`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
            }
            let shape = if colon { self.shape(cursor) } else { None };
            if shape.is_none() {
                skip_type(cursor);
            }
            Some(Input { name, shape })
        });
        inputs.into_iter().flatten().collect()
    }

    /// Parses the declared output: `-> [10]`.
    fn output(&self, cursor: &mut Cursor) -> Option<Output> {
        if !cursor.take_arrow() {
            let message = format!("expected the output's shape, `-> [10]`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            to_body(cursor);
            return None;
        }
        if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
            let mut inside = Cursor::inside(&group);
            let name = matches!(inside.next(), Some(TokenTree::Ident(_))) && inside.is_punct(0, ':');
            if !name {
                let message =
                    "several outputs are named: `-> (mean: [20], variance: [20])`; one has no parentheses: `-> [20]`";
                self.diagnostics.error(group.span(), message);
                return None;
            }
            let outputs = self.named_shapes(&group);
            return Some(Output::Several(outputs, group.span()));
        }
        let named = matches!(cursor.peek(), Some(TokenTree::Ident(_))) && cursor.is_punct(1, ':');
        if named {
            self.diagnostics.error(cursor.span(), "one output has no name: `-> [10]`; it is called `output`");
            cursor.next();
            cursor.next();
        }
        let shape = self.shape(cursor);
        let braces = cursor.is_group(0, Delimiter::Brace);
        if !braces && (shape.is_none() || cursor.is_punct(0, ',') || cursor.is_punct(0, '=') || cursor.is_arrow()) {
            if shape.is_some() {
                let message = format!("expected the body in braces, found {}", cursor.found());
                let several = "; several outputs are named: `-> (mean: [20], variance: [20])`";
                let help = if cursor.is_punct(0, ',') { several } else { "" };
                self.diagnostics.error(cursor.span(), message + help);
            }
            to_body(cursor);
        }
        shape.map(Output::One)
    }

    /// Reports and skips `self` and `mut`, which may begin a function's parameter in Rust, but not an input.
    fn words_of_rust(&self, cursor: &mut Cursor) {
        let own = cursor.is_word("self")
            || cursor.is_punct(0, '&') && matches!(cursor.peek_at(1), Some(TokenTree::Ident(w)) if w == "self");
        if own {
            self.diagnostics.error(cursor.span(), "a model has no `self` among its inputs: remove it");
            cursor.skip_to(&[',']);
            cursor.take_punct(',');
        }
        if cursor.is_word("mut") {
            self.diagnostics.error(cursor.span(), "an input does not change: remove `mut`");
            cursor.next();
        }
    }

    /// Parses a shape: `[1, 28, 28]` or `u32[128]`.
    pub fn shape(&self, cursor: &mut Cursor) -> Option<Shape> {
        let at = cursor.span();
        let name = cursor.take_ident();
        let element = name.clone().map(Element::of);
        // `u32` alone is one number for each sample.
        let ends = cursor.at_end() || cursor.is_punct(0, ',');
        if matches!(element, Some(Element::F32 | Element::U32)) && ends {
            return Some(Shape { element, length: None, dims: Vec::new(), span: at, broken: false });
        }
        let Some(group) = cursor.take_group(Delimiter::Bracket) else {
            let found = match &name {
                Some(name) if !cursor.is_group(0, Delimiter::Parenthesis) => format!("`{name}`"),
                _ => cursor.found(),
            };
            let message = match &element {
                Some(Element::Other(name)) if super::foreign::is_type(name) => {
                    format!("elements are `f32` or `u32`, not `{name}`")
                }
                _ => format!("expected a shape such as `[28, 28]`, found {found}"),
            };
            self.diagnostics.error(if element.is_some() { at } else { cursor.span() }, message);
            return None;
        };
        let mut tokens = group.stream().into_iter();
        let semicolon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
        if let Some(at) = tokens.find(semicolon) {
            self.diagnostics.error(at.span(), "a shape has its sizes alone, between commas: `[784]`, `[28, 28]`");
            return None;
        }
        let before = self.diagnostics.count();
        let mut cursor = Cursor::inside(&group);
        let length = self.length(&mut cursor).map(Box::new);
        let rest = if length.is_some() { cursor.rest(&group) } else { group.clone() };
        let dims = self.list(&rest, |cursor| self.dimension(cursor));
        Some(Shape { element, length, dims, span: group.span(), broken: self.diagnostics.count() > before })
    }

    /// Parses a run-time dimension and the comma after it, if there is one here: `..`, `..=256`, `source..`.
    fn length(&self, cursor: &mut Cursor) -> Option<Length> {
        let named = matches!(cursor.peek(), Some(TokenTree::Ident(_)));
        if !cursor.is_punct(usize::from(named), '.') || !cursor.is_punct(usize::from(named) + 1, '.') {
            return None;
        }
        let name = if named { cursor.take_ident() } else { None };
        let span = cursor.span();
        cursor.next();
        cursor.next();
        let bound = if cursor.take_punct('=') {
            Some(self.expression(cursor))
        } else {
            if !cursor.at_end() && !cursor.is_punct(0, ',') {
                self.diagnostics.error(cursor.span(), "a bound of a length is written `..=256`");
                cursor.skip_to(&[',']);
            }
            None
        };
        cursor.take_punct(',');
        Some(Length { name, bound, span })
    }
}

/// Skips to the braces of the body.
pub(super) fn to_body(cursor: &mut Cursor) {
    while !cursor.at_end() && !cursor.is_group(0, Delimiter::Brace) && !super::begins(cursor) {
        cursor.next();
    }
}

/// Skips a Rust type, including commas between `<` and `>`.
fn skip_type(cursor: &mut Cursor) {
    let mut depth = 0;
    while !cursor.at_end() && (depth > 0 || !cursor.is_punct(0, ',')) {
        depth += i32::from(cursor.is_punct(0, '<')) - i32::from(cursor.is_punct(0, '>') && !cursor.last_was('-'));
        cursor.next();
    }
}

/// Converts `my_net` to `MyNet`.
fn camel(name: &Ident) -> String {
    crate::names::plain(&name.to_string())
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect()
}
