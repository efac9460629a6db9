//! Parses pipes: arrows, including those of other languages, and the layers after them.

use super::expression::operator;
use super::{BodyKind, Parser, cursor::Cursor, foreign};
use crate::ast::{Expr, ExprKind, Stage};
use crate::call::{Default, Parameter};
use crate::layers;
use crate::names::is_capitalised;
use proc_macro2::{Delimiter, Ident, TokenTree};

impl Parser<'_> {
    /// Parses the arrows after `from` and their layers.
    pub fn pipe(&self, mut from: Expr, cursor: &mut Cursor) -> Expr {
        let (mut stages, mut reported, errors) = (Vec::new(), false, self.diagnostics.count());
        loop {
            // After a mistake, a layer without an arrow continues the pipe.
            let mistaken = self.diagnostics.count() > errors;
            reported |= mistaken;
            // The missing arguments of a layer may be in the wrong place: `dense -> (10)`.
            let bare = stages.iter_mut().rev().take(2).filter(|_| mistaken);
            for stage in bare {
                if let Stage::Layer(layer) = stage {
                    layer.broken |= layer.arguments.is_empty() && wants_arguments(&layer.name);
                }
            }
            let continues = mistaken && is_layer(cursor, 0);
            if continues || cursor.take_arrow() || self.half_arrow(cursor, &mut reported) {
                if let Some(Stage::Model(model)) = stages.last_mut()
                    && model.output.is_empty()
                    && cursor.is_group(0, Delimiter::Bracket)
                {
                    let message = format!("the output of a model is stated behind a colon: `-> {}: [10]`", model.path);
                    self.diagnostics.error(cursor.span(), message);
                    model.output.extend(self.shape(cursor));
                    continue;
                }
                stages.push(self.stage_after(cursor, reported));
            } else if self.is_foreign_arrow(cursor)
                && let Some(layer) = self.foreign_arrow(cursor, &from, &mut reported)
            {
                let before = self.diagnostics.count();
                // In `net.dense1`, the name is unknown and must not be reported, too.
                if cursor.last_was('.') && stages.is_empty() {
                    from.kind = ExprKind::Broken;
                }
                let stage = self.stage_after(cursor, reported);
                if !layer {
                    self.diagnostics.keep(before);
                }
                stages.push(if layer { stage } else { Stage::Broken });
            } else {
                break;
            }
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
        // `x -> relu + y` is reported, and parsed as if there were parentheses.
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

    /// Returns whether the token after the next one names a layer, and not a value.
    fn is_layer_alone(&self, cursor: &Cursor) -> bool {
        let bound = |name: &str| self.bound.borrow().contains(name);
        is_layer(cursor, 1) && !matches!(cursor.peek_at(1), Some(TokenTree::Ident(name)) if bound(&name.to_string()))
    }

    /// Returns whether `- dense(10)` or `- relu ->` comes next: a layer without an operand, after half an arrow.
    pub fn applies(&self, cursor: &Cursor) -> bool {
        let arguments = cursor.is_group(2, Delimiter::Parenthesis) && !takes_a_value(cursor);
        let alone = cursor.peek_at(2).is_none() || cursor.is_punct(2, ';') || cursor.is_pair(2, '-', '>');
        cursor.is_punct(0, '-') && self.is_layer_alone(cursor) && (arguments || alone)
    }

    /// Returns whether another language's arrow comes next, and an arrow may come here.
    pub fn is_foreign_arrow(&self, cursor: &Cursor) -> bool {
        self.body_kind.get() != BodyKind::Header && foreign::arrow(cursor).is_some()
    }

    /// Reports and skips `-` before a layer, or `+` before one without an operand, which should have been an arrow.
    fn half_arrow(&self, cursor: &mut Cursor, reported: &mut bool) -> bool {
        let layer = self.is_layer_alone(cursor);
        let half = layer && cursor.is_punct(0, '-');
        let plus = layer && cursor.is_punct(0, '+') && !takes_a_value(cursor);
        if half || plus {
            if !*reported {
                let plus = "layers follow each other by arrows: `->` and not `+`";
                self.diagnostics.error(cursor.span(), if half { "an arrow is written `->`" } else { plus });
            }
            *reported = true;
            cursor.next();
        }
        half || plus
    }
}

/// Returns whether the token `ahead` tokens after the next one names a layer.
pub fn is_layer(cursor: &Cursor, ahead: usize) -> bool {
    matches!(cursor.peek_at(ahead), Some(TokenTree::Ident(name)) if crate::layers::find(&name.to_string()).is_some())
}

/// Returns whether a layer or block of this name may need arguments.
fn wants_arguments(name: &Ident) -> bool {
    let required = |parameter: &Parameter| matches!(parameter.default, Default::Required);
    layers::find(&name.to_string()).is_none_or(|layer| layer.parameters().iter().any(required))
}

/// Returns whether the layer after the next token has an operand in its parentheses, or may be the name of a value.
fn takes_a_value(cursor: &Cursor) -> bool {
    let Some(TokenTree::Group(group)) = cursor.peek_at(2) else { return false };
    let mut inside = Cursor::inside(group);
    match inside.next() {
        None | Some(TokenTree::Literal(_)) => false,
        Some(TokenTree::Ident(name)) => !inside.is_punct(0, ':') && !is_capitalised(&name),
        Some(_) => true,
    }
}
