//! Diagnostics: collects every mistake of a `model!`, each at the user's token; errors that nobody reads are a bug.

use crate::dim::{Cond, Dim};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Text with dimensions in it, whose numbers the macro or rustc fills in.
#[derive(Clone, Default)]
pub struct Message(pub Vec<Piece>);

/// A part of a message.
#[derive(Clone)]
pub enum Piece {
    /// ReservedNames.
    Text(String),
    /// A number.
    Dim(Dim),
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Message(vec![Piece::Text(text.to_owned())])
    }
}
impl From<String> for Message {
    fn from(text: String) -> Self {
        Message(vec![Piece::Text(text)])
    }
}
impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Message(vec![Piece::Text(text.clone())])
    }
}
impl From<&Dim> for Message {
    fn from(dim: &Dim) -> Self {
        Message(vec![Piece::Dim(dim.clone())])
    }
}

/// A check that is left to rustc.
pub enum Check {
    /// A condition; one that fails already is a mistake in whose text there are numbers that only rustc knows.
    Condition {
        /// The place of the message.
        span: Span,
        condition: Cond,
        /// The message if it fails.
        message: Message,
    },
    /// An expression that rustc refuses by itself.
    Assertion(TokenStream),
}

impl Message {
    /// Appends text, a dimension or a shape.
    pub fn push(&mut self, more: impl Into<Message>) {
        self.0.extend(more.into().0);
    }
    /// The whole text; dimensions that the macro does not know as they were written.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Dim(dim) => dim.to_string(),
            })
            .collect()
    }
}

/// Joins text, `&Dim`s and `&Shape`s to a [`Message`].
macro_rules! message {
    ($($piece:expr),+ $(,)?) => {{
        let mut message = $crate::diagnostics::Message::default();
        $(message.push($piece);)+
        message
    }};
}
pub(crate) use message;

/// The mistakes of one `model!`.
#[derive(Default)]
pub struct Diagnostics {
    errors: RefCell<Vec<(Span, Span, String)>>,
    checks: RefCell<Vec<Check>>,
    /// Mistakes among the checks: rustc fills in their numbers.
    deferred: Cell<usize>,
    /// The blocks that are being unfolded, outermost first: the name of each, and how it is used.
    blocks: RefCell<Vec<(String, String)>>,
    /// The mistakes that were reported inside blocks: a block that is used twice has its mistakes once.
    inside: RefCell<HashSet<String>>,
    /// The names of the blocks in which there were mistakes.
    mistaken: RefCell<HashSet<String>>,
    read: Cell<bool>,
}

impl Diagnostics {
    /// Reports a mistake at `span`.
    pub fn error(&self, span: Span, message: impl Into<Message>) {
        self.error_between(span, span, message);
    }
    /// Reports a mistake from the token at `start` to that at `end`.
    pub fn error_between(&self, start: Span, end: Span, message: impl Into<Message>) {
        let mut message = message.into();
        self.mistaken.borrow_mut().extend(self.blocks.borrow().iter().map(|(name, _)| name.clone()));
        if !self.blocks.borrow().is_empty() {
            // Where spans tell nothing (outside of a macro), the text must.
            let place = match format!("{start:?}") {
                place if place.contains("..") => place,
                _ => message.text(),
            };
            if !self.inside.borrow_mut().insert(place) {
                self.deferred.set(self.deferred.get() + 1);
                return;
            }
            message.push(self.chain());
        }
        if message.0.iter().any(|piece| matches!(piece, Piece::Dim(dim) if dim.known().is_none())) {
            self.deferred.set(self.deferred.get() + 1);
            self.checks.borrow_mut().push(Check::Condition { span: start, condition: Cond::Known(false), message });
        } else {
            self.errors.borrow_mut().push((start, end, message.text()));
        }
    }
    /// Reports a mistake unless `condition` holds, now or when rustc knows the numbers. Whether it may go on as if it held.
    pub fn require(&self, condition: Cond, span: Span, message: impl Into<Message>) -> bool {
        match condition {
            Cond::Known(true) => true,
            Cond::Known(false) => {
                self.error(span, message);
                false
            }
            Cond::Expr(_) => {
                let mut message = message.into();
                message.push(self.chain());
                self.checks.borrow_mut().push(Check::Condition { span, condition, message });
                true
            }
        }
    }
    /// Enters block `name`, used as `shown`: the mistakes that follow are inside it.
    pub fn enter(&self, name: String, shown: String) {
        self.blocks.borrow_mut().push((name, shown));
    }
    /// Whether there were mistakes inside block `name`.
    pub fn are_inside(&self, name: &str) -> bool {
        self.mistaken.borrow().contains(name)
    }
    /// The end of the innermost block.
    pub fn leave(&self) {
        self.blocks.borrow_mut().pop();
    }
    /// The blocks that led here, innermost first.
    fn chain(&self) -> String {
        let blocks = self.blocks.borrow();
        let mut blocks = blocks.iter().rev().map(|(_, shown)| shown);
        let Some(first) = blocks.next() else { return String::new() };
        let outer: String = blocks.map(|block| format!(", in `{block}`")).collect();
        format!(" (in `{first}`{outer})")
    }
    /// Number of mistakes so far.
    pub fn count(&self) -> usize {
        self.errors.borrow().len() + self.deferred.get()
    }
    /// Throws away all mistakes but the first `count`: what was found behind a mistake of grammar.
    pub fn keep(&self, count: usize) {
        self.errors.borrow_mut().truncate(count);
    }
    /// Throws away everything: for a trial whose mistakes are nobody's.
    pub fn forget(&self) {
        self.errors.take();
        self.checks.take();
        self.deferred.set(0);
    }
    /// Gives back what was taken: the checks of the model around a stack.
    pub fn put_checks(&self, checks: Vec<Check>) {
        self.checks.borrow_mut().extend(checks);
    }
    /// Returns the checks that were left to rustc since the last call: those of one model.
    pub fn take_checks(&self) -> Vec<Check> {
        self.checks.take()
    }
    /// The texts of all mistakes, in order.
    #[cfg(test)]
    pub fn messages(self) -> Vec<String> {
        self.read.set(true);
        let deferred = self.checks.take();
        let deferred = deferred.iter().filter_map(|check| match check {
            Check::Condition { condition: Cond::Known(false), message, .. } => Some(message.text()),
            _ => None,
        });
        let deferred: Vec<_> = deferred.collect();
        self.errors.take().into_iter().map(|(.., text)| text).chain(deferred).collect()
    }
    /// All mistakes: line and column of the token, and the text.
    #[cfg(test)]
    pub fn located(self) -> Vec<(usize, usize, String)> {
        self.read.set(true);
        let errors = self.errors.take().into_iter().map(|(start, _, text)| (start, text));
        errors.map(|(start, text)| (start.start().line, start.start().column, text)).collect()
    }
    /// All mistakes, as `compile_error!`s at their tokens.
    pub fn into_tokens(self) -> TokenStream {
        self.read.set(true);
        let errors = self.errors.take();
        errors
            .into_iter()
            .map(|(start, end, text)| {
                // rustc joins the span of the path's first token and of the group to one range. The names between stand before
                // the user's token: on it, editors would explain what `core` and `compile_error` are.
                let (colons, names) = (quote_spanned!(start=> ::), quote_spanned!(before(start)=> core::compile_error));
                let path = quote::quote!(#colons #names !);
                let group = quote_spanned!(end=> { #text });
                quote::quote!(#path #group)
            })
            .collect()
    }
}

/// The place before `span`: for names of generated code that rustc is to report at the user's token, and editors not to see there.
pub fn before(span: Span) -> Span {
    if proc_macro::is_available() { Span::from(span.unwrap().start()) } else { span }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let lost = !self.read.get() && !self.errors.borrow().is_empty();
        if lost && !std::thread::panicking() {
            panic!("diagnostics were collected and never shown");
        }
    }
}
