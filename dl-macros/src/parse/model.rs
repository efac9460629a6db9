//! A model: its header, and where its body begins.

use super::{Parser, Place, cursor::Cursor, is_capitalised, is_keyword, skip_item, skip_to_item};
use crate::ast::{Body, Input, Loss, Model, Output, Shape};
use proc_macro2::{Delimiter, Group, Ident, TokenTree};

impl Parser<'_> {
    /// `pub LeNet(image: [1, 28, 28]) -> [10] { … }`
    pub fn model(
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
            let message = match camel(&name) {
                good if name == good => format!("`{name}` is a word of Rust; choose another name"),
                good => format!("`{name}` cannot name a model; the name becomes a struct, such as `{good}`"),
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
                let message = format!("expected the input, `(x: [2])`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Vec::new()
            }
        };
        let output = self.output(cursor);
        let mut header_broken = self.diagnostics.count() > before;
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => self.body(&group),
            None => {
                let message = format!("expected the body of `{name}` in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                header_broken = true;
                if !matches!(cursor.peek(), Some(TokenTree::Ident(_))) {
                    skip_item(cursor);
                }
                Body::default()
            }
        };
        let loss = self.loss(cursor, &mut header_broken);
        let broken = self.diagnostics.count() > before;
        Some(Model { attributes, visibility, name, generics, inputs, output, body, loss, broken, header_broken })
    }

    /// `image: [1, 28, 28]`, between commas.
    fn inputs(&self, group: &Group) -> Vec<Input> {
        let before = self.diagnostics.count();
        let inputs = self.named_shapes(group);
        if inputs.is_empty() && self.diagnostics.count() == before {
            self.diagnostics.error(group.span(), "a model has an input: `(x: [2])`");
        }
        inputs
    }

    /// `<const IN: usize, const OUT: usize>`
    fn generics(&self, cursor: &mut Cursor) -> Vec<Ident> {
        let mut generics = Vec::new();
        if !cursor.take_punct('<') {
            return generics;
        }
        while !cursor.at_end() && !cursor.take_punct('>') {
            let at = cursor.span();
            let name = if cursor.take_word("const") { cursor.take_ident() } else { None };
            let good = cursor.take_punct(':') && cursor.take_word("usize");
            match name.filter(|_| good) {
                Some(name) => generics.push(name),
                None => {
                    self.diagnostics.error(at, "the parameters of a model are sizes: `<const WIDTH: usize>`");
                    while !cursor.at_end() && !cursor.is_punct(0, ',') && !cursor.is_punct(0, '>') {
                        cursor.next();
                    }
                }
            }
            cursor.take_punct(',');
        }
        generics
    }

    /// `loss(target: u32) { … }`
    fn loss(&self, cursor: &mut Cursor, header_broken: &mut bool) -> Option<Loss> {
        let braces = cursor.is_group(1, Delimiter::Parenthesis) || cursor.is_group(1, Delimiter::Brace);
        if !cursor.is_word("loss") || !braces {
            return None;
        }
        cursor.next();
        let before = self.diagnostics.count();
        let targets = cursor.take_group(Delimiter::Parenthesis).map(|group| self.named_shapes(&group));
        *header_broken |= self.diagnostics.count() > before;
        let body = match cursor.take_group(Delimiter::Brace) {
            Some(group) => {
                let outside = self.place.replace(Place::Loss);
                let body = self.body(&group);
                self.place.set(outside);
                body
            }
            None => {
                let message = format!("expected what training makes small, in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                skip_to_item(cursor);
                Body::default()
            }
        };
        Some(Loss { targets: targets.unwrap_or_default(), body })
    }

    /// `name: [2]`, between commas.
    fn named_shapes(&self, group: &Group) -> Vec<Input> {
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
            let outputs = self.named_shapes(&group);
            return Some(Output::Several(outputs, group.span()));
        }
        self.shape(cursor).map(Output::One)
    }

    /// `[1, 28, 28]` or `u32[128]`
    pub fn shape(&self, cursor: &mut Cursor) -> Option<Shape> {
        let at = cursor.span();
        let element = cursor.take_ident();
        // `u32` alone: one for each sample.
        let ends = cursor.at_end() || cursor.is_punct(0, ',');
        if element.as_ref().is_some_and(|name| name == "u32" || name == "f32") && ends {
            return Some(Shape { element, dims: Vec::new(), span: at });
        }
        let Some(group) = cursor.take_group(Delimiter::Bracket) else {
            let message = format!("expected a shape such as `[28, 28]`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            return None;
        };
        let dims = self.list(&group, |cursor| self.expression(cursor));
        Some(Shape { element, dims, span: group.span() })
    }
}

/// `my_net` as `MyNet`.
fn camel(name: &Ident) -> String {
    crate::names::plain(&name.to_string())
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect()
}
