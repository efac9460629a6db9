//! Parses uses of layers with their arguments and names, and the other stages of a pipe.

use super::combinator::combinator;
use super::expression::operator;
use super::pipe::is_layer;
use super::{Parser, cursor::Cursor, foreign};
use crate::ast::{Argument, Expr, Layer, ModelUse, Path, Stage};
use crate::layers::{self, synonyms};
use crate::names::{is_capitalised, is_keyword};
use crate::suggest::suggest;
use proc_macro2::{Delimiter, Ident, TokenTree};

impl Parser<'_> {
    /// Parses the stage after an arrow.
    pub fn stage(&self, cursor: &mut Cursor) -> Stage {
        self.stage_after(cursor, false)
    }

    /// Parses the stage after an arrow; `reported` is true if a mistake in an earlier arrow was reported.
    pub fn stage_after(&self, cursor: &mut Cursor, reported: bool) -> Stage {
        let before = self.diagnostics.count();
        self.name_before(cursor);
        let foreign = self.no_stage(cursor);
        let mut stage = match cursor.peek() {
            _ if foreign => Stage::Broken,
            Some(TokenTree::Ident(_)) if let Some((word, span)) = combinator(cursor) => {
                cursor.next();
                self.combinator(word, span, cursor)
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
                if !reported {
                    let message = format!("expected a layer after `->`, found {}", cursor.found());
                    self.diagnostics.error(cursor.span(), message);
                }
                Stage::Broken
            }
        };
        let arrow = self.body_kind.get() != super::BodyKind::Header && foreign::arrow(cursor).is_some();
        let follows =
            arrow || cursor.at_end() || cursor.is_word("let") || cursor.is_arrow() || operator(cursor).is_some();
        if !follows && !cursor.is_punct(0, ',') && !cursor.is_punct(0, ';') {
            if !reported && !matches!(stage, Stage::Broken) && self.diagnostics.count() == before {
                self.diagnostics.error(cursor.span(), self.behind(&stage, cursor));
            }
            self.to_arrow(cursor);
        }
        // After a syntax error, a layer may look wrong only because of it.
        let broken = self.diagnostics.count() > before;
        match &mut stage {
            Stage::Layer(layer) => layer.broken |= broken,
            Stage::Model(model) => model.broken |= broken,
            _ => {}
        }
        stage
    }

    /// Skips to the next arrow, the end of the statement, or a layer whose arrow is missing.
    fn to_arrow(&self, cursor: &mut Cursor) {
        while !cursor.at_end() && !cursor.is_arrow() && !is_layer(cursor, 0) {
            if cursor.is_punct(0, ';') || cursor.is_punct(0, ',') || foreign::arrow(cursor).is_some() {
                return;
            }
            cursor.next();
        }
    }

    /// Returns the message about a token that cannot follow a layer.
    fn behind(&self, stage: &Stage, cursor: &Cursor) -> String {
        let bare = matches!(stage, Stage::Layer(layer) if layer.arguments.is_empty() && layer.rename.is_none());
        let inside = match cursor.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::Parenthesis => {
                Some(group.stream().to_string())
            }
            Some(TokenTree::Literal(literal)) => Some(literal.to_string()),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '<' => cursor.peek_at(1).map(ToString::to_string),
            _ => None,
        };
        match inside.filter(|_| bare) {
            Some(inside) => format!("the arguments of a layer stand in parentheses: `{stage}({inside})`"),
            None => format!("expected `->` or `;`, found {}{}", cursor.found(), foreign::sign(cursor)),
        }
    }

    /// Reports and skips a name before a layer, as in `fc: dense(10)`, where the user meant `dense(10) as fc`.
    fn name_before(&self, cursor: &mut Cursor) {
        let colon = cursor.is_punct(1, ':') && !cursor.is_pair(1, ':', ':');
        let small = matches!(cursor.peek(), Some(TokenTree::Ident(name)) if !is_capitalised(name));
        if let (true, Some(TokenTree::Ident(_)), Some(TokenTree::Ident(name))) =
            (colon && small, cursor.peek_at(2), cursor.peek().cloned())
        {
            self.diagnostics.error(name.span(), format!("`as` names a layer, behind it: `-> dense(10) as {name}`"));
            cursor.next();
            cursor.next();
        }
        if cursor.is_word("as") && matches!(cursor.peek_at(1), Some(TokenTree::Ident(_))) && is_layer(cursor, 2) {
            self.diagnostics
                .error(cursor.span(), "`as` stands behind the layer that it names: `-> dense(10) as hidden`");
            cursor.next();
            cursor.next();
        }
        let dotted = cursor.is_punct(1, '.') && small && !is_layer(cursor, 0) && is_layer(cursor, 2);
        if let (true, Some(TokenTree::Ident(name))) = (dotted && !foreign::is_module(cursor), cursor.peek().cloned()) {
            self.diagnostics.error(name.span(), format!("a layer stands alone behind its arrow: remove `{name}.`"));
            cursor.next();
            cursor.next();
        }
        if cursor.is_punct(0, '>') {
            self.diagnostics.error(cursor.span(), "an arrow is written `->`");
            cursor.next();
        }
    }

    /// Reports and skips a word that cannot be a layer, and returns whether there was one.
    fn no_stage(&self, cursor: &mut Cursor) -> bool {
        let Some(TokenTree::Ident(word)) = cursor.peek().cloned() else { return false };
        let path = ["crate", "self", "super", "Self"].iter().any(|start| word == start);
        if self.foreign(cursor) {
            return true;
        }
        if path || word == "if" || !is_keyword(&word) {
            return false;
        }
        self.diagnostics.error(word.span(), format!("expected a layer after `->`, found `{word}`"));
        cursor.next();
        self.to_arrow(cursor);
        true
    }

    /// Parses a use of a model after its path: its arguments, its stated output and its name.
    pub fn model_use(&self, cursor: &mut Cursor, path: Path) -> Stage {
        let group = cursor.take_group(Delimiter::Parenthesis);
        let arguments = group.map_or_else(Vec::new, |group| self.list(&group, |cursor| self.argument(cursor, "")));
        let mut output = Vec::new();
        if cursor.take_punct(':') {
            if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
                output.extend(self.list(&group, |cursor| self.shape(cursor)).into_iter().flatten());
            } else {
                output.extend(self.shape(cursor));
            }
        }
        let rename = self.rename(cursor).unwrap_or_default();
        Stage::Model(ModelUse { path, arguments, output, rename, broken: false })
    }

    /// Parses a layer or block after its path: its arguments and its name.
    pub fn layer(&self, cursor: &mut Cursor, path: Path) -> Stage {
        let name = path.last;
        let before = self.diagnostics.count();
        let group = cursor.take_group(Delimiter::Parenthesis);
        let of = name.to_string();
        let arguments = group.map_or_else(Vec::new, |group| self.list(&group, |cursor| self.argument(cursor, &of)));
        let mut broken = self.diagnostics.count() > before;
        let rename = self.rename(cursor);
        broken |= matches!(rename, Some(None));
        Stage::Layer(Layer { name, arguments, rename: rename.flatten(), broken })
    }

    /// Parses an argument of the layer `of`: `10` or `padding: 2`.
    fn argument(&self, cursor: &mut Cursor, of: &str) -> Argument {
        let named = matches!(cursor.peek(), Some(TokenTree::Ident(_)));
        let sign = |c: char, ahead: usize| cursor.is_punct(ahead, c);
        // Recognises `kernel = 3`, `kernel => 3`, `kernel := 3`, `kernel :: 3`, and `kernel -> 3` without a layer after the arrow.
        let value = matches!(cursor.peek_at(3), Some(TokenTree::Literal(_)))
            || matches!(cursor.peek_at(3), Some(TokenTree::Ident(word)) if word == "true" || word == "false");
        let foreign = match () {
            _ if sign('=', 1) && sign('>', 2) || sign(':', 1) && sign('=', 2) => 2,
            _ if value && (cursor.is_pair(1, ':', ':') || cursor.is_pair(1, '-', '>')) => 2,
            _ if sign('=', 1) => 1,
            _ => 0,
        };
        let colon = named && sign(':', 1) && !cursor.is_pair(1, ':', ':') && foreign == 0;
        let name: Option<Ident> = if colon || named && foreign > 0 { cursor.take_ident() } else { None };
        if let Some(name) = &name {
            if foreign > 0 {
                let parameters = layers::find(of).map_or(&[][..], |layer| layer.parameters());
                let known = parameters.iter().map(|parameter| parameter.name);
                let text = name.to_string();
                let meant = suggest(&text, known, synonyms::PARAMETERS).unwrap_or(text);
                let message = format!("a named argument is written with a colon: `{meant}: …`");
                self.diagnostics.error(cursor.span(), message);
            }
            (0..foreign.max(1)).for_each(|_| drop(cursor.next()));
            // `padding="same"` gets one message.
            if let (true, Some(TokenTree::Literal(literal))) = (foreign > 0, cursor.peek().cloned())
                && literal.to_string().starts_with('"')
            {
                cursor.next();
                return Argument { name: Some(name.clone()), value: Expr::broken(literal.span()) };
            }
        }
        Argument { name, value: self.expression(cursor) }
    }
}
