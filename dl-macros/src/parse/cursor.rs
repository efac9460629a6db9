//! A position in a list of tokens, with lookahead and recovery after unexpected tokens.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// A position in the tokens of one group.
#[derive(Clone)]
pub struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
    /// The span of the end of the group.
    end: Span,
}

impl Cursor {
    /// Returns a cursor at the start of `tokens`; `end` is the span of their end.
    pub fn new(tokens: TokenStream, end: Span) -> Self {
        Cursor { tokens: tokens.into_iter().map(unwrap).collect(), at: 0, end }
    }
    /// Returns a cursor at the start of the tokens inside `group`.
    pub fn inside(group: &Group) -> Self {
        Cursor::new(group.stream(), group.span_close())
    }

    /// Returns the tokens from here on as a group like `group`, which they come from.
    pub fn rest(&self, group: &Group) -> Group {
        let mut rest =
            Group::new(group.delimiter(), self.tokens[self.at.min(self.tokens.len())..].iter().cloned().collect());
        rest.set_span(group.span());
        rest
    }
    /// Returns the number of tokens before the cursor.
    pub fn position(&self) -> usize {
        self.at
    }
    pub fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }
    pub fn peek(&self) -> Option<&TokenTree> {
        self.peek_at(0)
    }
    pub fn peek_at(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.at + ahead)
    }
    pub fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += token.is_some() as usize;
        token
    }
    /// Returns the span of the next token, or of the end.
    pub fn span(&self) -> Span {
        self.peek().map_or(self.end, span_of)
    }
    /// Returns the span of the previous token, or of the next if there is none.
    pub fn last_span(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or_else(|| self.span(), TokenTree::span)
    }

    /// Returns whether the token `ahead` tokens after the next one is the punctuation `c`.
    pub fn is_punct(&self, ahead: usize, c: char) -> bool {
        matches!(self.peek_at(ahead), Some(TokenTree::Punct(p)) if p.as_char() == c)
    }
    /// Returns whether the previous token is the punctuation `c`.
    pub fn last_was(&self, c: char) -> bool {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        matches!(last, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
    }
    /// Returns whether `first` and `second` follow `ahead` tokens on without a space between them, as in `->`.
    pub fn is_pair(&self, ahead: usize, first: char, second: char) -> bool {
        matches!(self.peek_at(ahead), Some(TokenTree::Punct(p))
            if p.as_char() == first && p.spacing() == proc_macro2::Spacing::Joint)
            && self.is_punct(ahead + 1, second)
    }
    pub fn is_arrow(&self) -> bool {
        self.is_pair(0, '-', '>')
    }
    /// Returns whether `word` comes next.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(ident)) if ident == word)
    }
    /// Returns whether the token `ahead` tokens after the next one is a group in `delimiter`.
    pub fn is_group(&self, ahead: usize, delimiter: Delimiter) -> bool {
        matches!(self.peek_at(ahead), Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
    }

    /// Takes the punctuation `c`, if it comes next.
    pub fn take_punct(&mut self, c: char) -> bool {
        let found = self.is_punct(0, c);
        self.at += found as usize;
        found
    }
    /// Takes `->`, if it comes next.
    pub fn take_arrow(&mut self) -> bool {
        let found = self.is_arrow();
        self.at += 2 * found as usize;
        found
    }
    /// Takes `word`, if it comes next.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += found as usize;
        found
    }
    /// Takes a name or keyword, if one comes next.
    pub fn take_ident(&mut self) -> Option<Ident> {
        match self.peek() {
            Some(TokenTree::Ident(ident)) => {
                let ident = ident.clone();
                self.at += 1;
                Some(ident)
            }
            _ => None,
        }
    }
    /// Takes a group in `delimiter`, if one comes next.
    pub fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.at += 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// Describes the next token, for messages.
    pub fn found(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some(TokenTree::Group(group)) => match group.delimiter() {
                Delimiter::Parenthesis => "`(`".to_owned(),
                Delimiter::Bracket => "`[`".to_owned(),
                Delimiter::Brace => "`{`".to_owned(),
                Delimiter::None => "an expression".to_owned(),
            },
            Some(_) if self.is_arrow() => "`->`".to_owned(),
            Some(token) => format!("`{token}`"),
        }
    }

    /// Skips tokens until one of `stops` (`>` means `->`) or the end comes next.
    pub fn skip_to(&mut self, stops: &[char]) {
        while !self.at_end() {
            let stop = stops.iter().any(|&c| if c == '>' { self.is_arrow() } else { self.is_punct(0, c) });
            if stop {
                return;
            }
            self.at += 1;
        }
    }
}

/// Removes the invisible group around a token that a `macro_rules!` passed on.
fn unwrap(token: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &token
        && group.delimiter() == Delimiter::None
    {
        let mut inside = group.stream().into_iter();
        if let (Some(only), None) = (inside.next(), inside.next()) {
            return unwrap(only);
        }
    }
    token
}

/// Returns the span of a token, or of the opening bracket of a group, so that a message covers one line.
fn span_of(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open(),
        token => token.span(),
    }
}
