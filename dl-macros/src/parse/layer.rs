//! Uses of layers: their arguments, their names, and what else an arrow may lead to.

use super::expression::operator;
use super::{Parser, cursor::Cursor, is_capitalised};
use crate::ast::{Argument, Layer, Path, Stage};
use proc_macro2::{Delimiter, Ident, TokenTree};

/// Names that open braces of their own.
const COMBINATORS: [&str; 3] = ["residual", "concat", "repeat"];

impl Parser<'_> {
    /// What an arrow leads to.
    pub fn stage(&self, cursor: &mut Cursor) -> Stage {
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
    pub fn layer_or_block(&self, cursor: &mut Cursor, path: Path) -> Stage {
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
}

/// Whether `residual {`, `repeat 6 {` or the like comes next.
pub fn is_combinator(cursor: &Cursor) -> bool {
    let braces = cursor.is_group(1, Delimiter::Brace) || cursor.is_group(2, Delimiter::Brace);
    braces && COMBINATORS.iter().any(|name| cursor.is_word(name))
}
