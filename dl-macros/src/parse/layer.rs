//! Uses of layers: their arguments, their names, and what else an arrow may lead to.

use super::combinator::is_combinator;
use super::expression::operator;
use super::{Parser, cursor::Cursor, is_capitalised};
use crate::ast::{Argument, Layer, ModelUse, Path, Stage};
use proc_macro2::{Delimiter, Ident, TokenTree};

impl Parser<'_> {
    /// What an arrow leads to.
    pub fn stage(&self, cursor: &mut Cursor) -> Stage {
        let stage = match cursor.peek() {
            Some(TokenTree::Ident(word)) if is_combinator(cursor) => {
                let word = word.clone();
                cursor.next();
                self.combinator(word, cursor)
            }
            Some(TokenTree::Ident(word)) if word == "if" => {
                let word = word.clone();
                cursor.next();
                self.choice(&word, cursor).map_or(Stage::Broken, |choice| Stage::If(Box::new(choice), word.span()))
            }
            Some(TokenTree::Ident(_)) => match self.no_combinator(cursor) {
                Some(stage) => stage,
                None => match self.path(cursor) {
                    None => Stage::Broken,
                    Some(path) if path.single && !is_capitalised(&path.last) => self.layer(cursor, path),
                    Some(path) => self.model_use(cursor, path),
                },
            },
            Some(TokenTree::Punct(_)) if cursor.is_pair(0, ':', ':') => match self.path(cursor) {
                Some(path) => self.model_use(cursor, path),
                None => Stage::Broken,
            },
            _ => {
                let message = format!("expected a layer after `->`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                Stage::Broken
            }
        };
        let follows = cursor.at_end() || cursor.is_word("let") || cursor.is_arrow() || operator(cursor).is_some();
        if !follows && !cursor.is_punct(0, ',') && !cursor.is_punct(0, ';') {
            if !matches!(stage, Stage::Broken) {
                let found = cursor.found();
                self.diagnostics.error(cursor.span(), format!("expected `->` or `;`, found {found}"));
            }
            cursor.skip_to(&['>', ';', ',']);
        }
        stage
    }

    /// A model: other values that it reads, its output as stated, and its name.
    pub fn model_use(&self, cursor: &mut Cursor, path: Path) -> Stage {
        let group = cursor.take_group(Delimiter::Parenthesis);
        let arguments = group.map_or_else(Vec::new, |group| self.list(&group, |cursor| self.argument(cursor)));
        let mut output = Vec::new();
        if cursor.take_punct(':') {
            if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
                output.extend(self.list(&group, |cursor| self.shape(cursor)).into_iter().flatten());
            } else {
                output.extend(self.shape(cursor));
            }
        }
        let rename = self.rename(cursor).unwrap_or_default();
        Stage::Model(ModelUse { path, arguments, output, rename })
    }

    /// A layer or block with its arguments and name.
    pub fn layer(&self, cursor: &mut Cursor, path: Path) -> Stage {
        let name = path.last;
        let before = self.diagnostics.count();
        let group = cursor.take_group(Delimiter::Parenthesis);
        let arguments = group.map_or_else(Vec::new, |group| self.list(&group, |cursor| self.argument(cursor)));
        let mut broken = self.diagnostics.count() > before;
        let rename = self.rename(cursor);
        broken |= matches!(rename, Some(None));
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
}
