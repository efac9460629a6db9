//! Parses the combinators `residual`, `concat`, `repeat` and `checkpoint`, and the choice `if`.

use super::{BodyKind, Parser, cursor::Cursor, depth};
use crate::ast::{Combinator, CombinatorWord, Comparison, Condition, Expr, If, Stage};
use crate::names::is_capitalised;
use crate::suggest::{did_you_mean, suggest};
use proc_macro2::{Delimiter, Ident, Span, TokenTree};

/// Returns the word and the span of a combinator such as `residual {` or `repeat 6 {`, if one comes next.
pub fn combinator(cursor: &Cursor) -> Option<(CombinatorWord, Span)> {
    let Some(TokenTree::Ident(name)) = cursor.peek() else { return None };
    let word = CombinatorWord::of(&name.to_string())?;
    let opens = cursor.is_group(1, Delimiter::Brace);
    let counts = !cursor.is_group(1, Delimiter::Parenthesis) && !cursor.is_punct(1, '-');
    (opens || counts && word == CombinatorWord::Repeat).then_some((word, name.span()))
}

impl Parser<'_> {
    /// Reports a word before braces that is not a combinator, or a combinator without braces, and parses it as what the user meant.
    pub fn no_combinator(&self, cursor: &mut Cursor) -> Option<Stage> {
        let Some(TokenTree::Ident(word)) = cursor.peek().cloned() else { return None };
        let known = CombinatorWord::of(&word.to_string());
        let opens = cursor.is_group(1, Delimiter::Brace);
        let counts = matches!(cursor.peek_at(1), Some(TokenTree::Literal(_))) && cursor.is_group(2, Delimiter::Brace);
        if let Some(known) = known.filter(|&known| known != CombinatorWord::Concat) {
            let count = if known == CombinatorWord::Repeat { " 6" } else { "" };
            let message = format!("`{word}` has its layers in braces: `{word}{count} {{ dense(8) -> relu }}`");
            self.diagnostics.error(word.span(), message);
            cursor.skip_to(&['>', ';', ',']);
            return Some(Stage::Broken);
        }
        let small = word.to_string().to_lowercase();
        let large = is_capitalised(&word) && CombinatorWord::of(&small).is_none();
        let layer = crate::layers::find(&word.to_string()).is_some();
        if known.is_some() || layer || self.body_kind.get() == BodyKind::Header || !opens && !counts || large {
            return None;
        }
        let words = CombinatorWord::ALL;
        let meant = suggest(
            &word.to_string(),
            words.map(CombinatorWord::name),
            &[
                ("parallel", "concat"),
                ("stack", "repeat"),
                ("skip", "residual"),
                ("remat", "checkpoint"),
                ("recompute", "checkpoint"),
            ],
        );
        let found = meant.as_deref().and_then(CombinatorWord::of);
        let help = match &meant {
            Some(_) => did_you_mean(meant.clone()),
            None => "; braces follow `residual`, `concat`, `repeat` or `checkpoint`".to_owned(),
        };
        self.diagnostics.error(word.span(), format!("no braces follow `{word}`{help}"));
        cursor.next();
        let meant = if counts { Some(CombinatorWord::Repeat) } else { found };
        match meant {
            Some(meant) => Some(self.combinator(meant, word.span(), cursor)),
            None => {
                cursor.next();
                Some(Stage::Broken)
            }
        }
    }

    /// Parses the rest of a combinator after its word.
    pub fn combinator(&self, word: CombinatorWord, span: Span, cursor: &mut Cursor) -> Stage {
        let mut count = None;
        if word == CombinatorWord::Repeat {
            if cursor.is_group(0, Delimiter::Brace) {
                let message = "`repeat` wants a number: `repeat 6 { … }`";
                self.diagnostics.error(span, message);
            } else {
                let outside = self.body_kind.replace(BodyKind::Header);
                count = Some(self.factor(cursor));
                self.body_kind.set(outside);
            }
        }
        let at = cursor.span();
        let Some(group) = cursor.take_group(Delimiter::Brace) else {
            let message = format!("expected the layers of `{word}` in braces, found {}", cursor.found());
            self.diagnostics.error(at, message);
            cursor.skip_to(&['>', ';', ',']);
            return Stage::Broken;
        };
        let outside = self.body_kind.replace(BodyKind::Braces);
        let bodies = match word {
            CombinatorWord::Concat => self.branches(&group),
            CombinatorWord::Residual | CombinatorWord::Repeat | CombinatorWord::Checkpoint => vec![self.body(&group)],
        };
        self.body_kind.set(outside);
        let rename = self.rename(cursor).unwrap_or_default();
        Stage::Combinator(Combinator { word, span, count, bodies, rename })
    }

    /// Parses `as trunk`: returns the name, if the word is there, and reports a missing name.
    pub fn rename(&self, cursor: &mut Cursor) -> Option<Option<Ident>> {
        cursor.take_word("as").then(|| {
            self.once(cursor, "as");
            let name = cursor.take_ident();
            if name.is_none() {
                let message = format!("expected a name after `as`, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
                self.names_missing.set(true);
            }
            name
        })
    }

    /// Parses `if condition { … } else { … }` after the `if`.
    pub fn choice(&self, word: &Ident, cursor: &mut Cursor) -> Option<If> {
        if self.choices.get() > depth::MAX_DEPTH {
            let message =
                format!("at most {} choices are inside each other; a `block` holds the inner ones", depth::MAX_DEPTH);
            self.diagnostics.error(word.span(), message);
            cursor.skip_to(&['>', ';']);
            return None;
        }
        let (before, outside) = (self.diagnostics.count(), self.body_kind.replace(BodyKind::Header));
        let condition = self.condition(cursor);
        self.body_kind.set(outside);
        let Some(then) = cursor.take_group(Delimiter::Brace) else {
            if self.diagnostics.count() == before {
                let message = format!("expected what the condition chooses, in braces, found {}", cursor.found());
                self.diagnostics.error(cursor.span(), message);
            }
            cursor.skip_to(&['>', ';']);
            return None;
        };
        let then = self.body(&then);
        if !cursor.take_word("else") {
            let message =
                "an `if` chooses between two values, and wants an `else`: `else { identity }` keeps the value";
            self.diagnostics.error(word.span(), message);
            return None;
        }
        if cursor.is_word("if") {
            let word = cursor.take_ident()?;
            self.choices.set(self.choices.get() + 1);
            let (start, inner) = (word.span(), self.choice(&word, cursor));
            self.choices.set(self.choices.get() - 1);
            let inner = inner?;
            let kind = crate::ast::ExprKind::If(Box::new(inner));
            let output = Some(Expr::new(kind, start, cursor.last_span()));
            return Some(If { condition, then, otherwise: crate::ast::Body { lets: Vec::new(), output } });
        }
        let Some(otherwise) = cursor.take_group(Delimiter::Brace) else {
            let message = format!("expected braces after `else`, found {}", cursor.found());
            self.diagnostics.error(cursor.span(), message);
            cursor.next();
            cursor.take_group(Delimiter::Parenthesis);
            return None;
        };
        Some(If { condition, then, otherwise: self.body(&otherwise) })
    }

    /// Parses a condition: `a && b || !c`.
    fn condition(&self, cursor: &mut Cursor) -> Condition {
        // Conditions are processed recursively, so their length is limited.
        let mut ahead = 0;
        while cursor.peek_at(ahead).is_some() && !cursor.is_group(ahead, Delimiter::Brace) {
            ahead += 1;
            if ahead > 4 * depth::MAX_SEQUENCE {
                self.diagnostics
                    .error(cursor.span(), "this condition is too long; a parameter of a block may hold a part");
                cursor.skip_to(&['>', ';']);
                return Condition::Flag(Expr::broken(cursor.span()));
            }
        }
        let mut left = self.conjunction(cursor);
        while cursor.is_pair(0, '|', '|') {
            cursor.next();
            cursor.next();
            left = Condition::Or(Box::new(left), Box::new(self.conjunction(cursor)));
        }
        left
    }

    fn conjunction(&self, cursor: &mut Cursor) -> Condition {
        let mut left = self.comparison(cursor);
        while cursor.is_pair(0, '&', '&') {
            cursor.next();
            cursor.next();
            left = Condition::And(Box::new(left), Box::new(self.comparison(cursor)));
        }
        left
    }

    fn comparison(&self, cursor: &mut Cursor) -> Condition {
        if cursor.is_punct(0, '!') {
            cursor.next();
            return Condition::Not(Box::new(self.comparison(cursor)));
        }
        if let Some(TokenTree::Group(group)) = cursor.peek().filter(|_| cursor.is_group(0, Delimiter::Parenthesis)) {
            let logic = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if "=<>&|!".contains(p.as_char()));
            if group.stream().into_iter().any(|token| logic(&token)) {
                let mut inner = Cursor::inside(group);
                cursor.next();
                return self.condition(&mut inner);
            }
        }
        let left = self.sum(cursor);
        let at = cursor.span();
        let pairs = [
            (Comparison::Equal, ['=', '=']),
            (Comparison::NotEqual, ['!', '=']),
            (Comparison::AtMost, ['<', '=']),
            (Comparison::AtLeast, ['>', '=']),
        ];
        for (operator, [a, b]) in pairs {
            if cursor.is_pair(0, a, b) {
                cursor.next();
                cursor.next();
                return Condition::Compare(left, operator, self.sum(cursor));
            }
        }
        if cursor.is_punct(0, '=') {
            self.diagnostics.error(at, "a comparison is written `==`");
            cursor.next();
            return Condition::Compare(left, Comparison::Equal, self.sum(cursor));
        }
        for (operator, c) in [(Comparison::Less, '<'), (Comparison::More, '>')] {
            if cursor.is_punct(0, c) {
                cursor.next();
                return Condition::Compare(left, operator, self.sum(cursor));
            }
        }
        Condition::Flag(left)
    }

    /// Parses the branches of `concat`, separated by semicolons.
    fn branches(&self, group: &proc_macro2::Group) -> Vec<crate::ast::Body> {
        let mut cursor = Cursor::inside(group);
        let before = self.diagnostics.count();
        let mut branches = Vec::new();
        while !cursor.at_end() {
            let mut lets = Vec::new();
            while cursor.take_word("let") {
                lets.extend(self.binding(&mut cursor, false));
            }
            if cursor.at_end() {
                self.diagnostics.error(cursor.span(), "a branch of `concat` ends with a value, not with `let`");
                break;
            }
            let errors = self.diagnostics.count();
            let value = self.expression(&mut cursor);
            if cursor.is_punct(0, ',') {
                self.diagnostics.error(cursor.span(), "between the branches of `concat` stands `;`");
                cursor.next();
                branches.push(crate::ast::Body { lets, output: Some(value) });
                continue;
            }
            let output = Some(self.to_semicolon(value, &mut cursor, errors));
            cursor.take_punct(';');
            branches.push(crate::ast::Body { lets, output });
        }
        if branches.len() < 2 && self.diagnostics.count() == before {
            let message =
                "`concat` joins at least two branches, with `;` between them: `concat { conv2d(8, 1); identity }`";
            self.diagnostics.error(group.span_open(), message);
        }
        branches
    }
}
