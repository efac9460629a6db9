//! Collects every mistake of a `model!`, each at the user's token. Dropping collected errors without showing them is a bug, and panics.

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
    /// Plain text.
    Text(String),
    /// A dimension.
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

/// A check that rustc makes in the generated code.
pub enum Check {
    /// A condition. One that is known to fail is a mistake whose message contains numbers that only rustc knows.
    Condition {
        /// The token at which rustc reports the message.
        span: Span,
        condition: Cond,
        /// The message if it fails.
        message: Message,
    },
    /// An expression that does not compile if the check fails.
    Assertion(TokenStream),
}

impl Message {
    /// Appends text, a dimension or a shape.
    pub fn push(&mut self, more: impl Into<Message>) {
        self.0.extend(more.into().0);
    }
    /// Returns the whole text, in which unknown dimensions appear as the user wrote them.
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

/// Joins text, `&Dim`s and `&Shape`s into a [`Message`].
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
    /// The first token, the last token and the text of each mistake.
    errors: RefCell<Vec<(Span, Span, String)>>,
    checks: RefCell<Vec<Check>>,
    /// The number of mistakes that are among the checks, or that were not repeated.
    deferred: Cell<usize>,
    /// The blocks that are being unfolded, outermost first: the name and the use of each.
    blocks: RefCell<Vec<(String, String)>>,
    /// The mistakes that were reported inside blocks, so that a block that is used twice reports its mistakes once.
    inside: RefCell<HashSet<String>>,
    /// The names of the blocks in which there were mistakes.
    mistaken: RefCell<HashSet<String>>,
    /// `true` once the mistakes have been shown.
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
            // The debug output of a span identifies it. Outside of a macro it has no positions, and the text must do.
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
    /// Reports a mistake unless `condition` holds, which rustc decides where it is not known yet. Returns `false` if the condition is
    /// known to fail.
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
    /// Enters block `name`, used as `shown`: mistakes from here to [`leave`](Self::leave) are inside it.
    pub fn enter(&self, name: String, shown: String) {
        self.blocks.borrow_mut().push((name, shown));
    }
    /// Returns whether there were mistakes inside block `name`.
    pub fn are_inside(&self, name: &str) -> bool {
        self.mistaken.borrow().contains(name)
    }
    /// Leaves the innermost block.
    pub fn leave(&self) {
        self.blocks.borrow_mut().pop();
    }
    /// Describes the blocks around the current place, innermost first.
    fn chain(&self) -> String {
        let blocks = self.blocks.borrow();
        let mut blocks = blocks.iter().rev().map(|(_, shown)| shown);
        let Some(first) = blocks.next() else { return String::new() };
        let outer: String = blocks.map(|block| format!(", in `{block}`")).collect();
        format!(" (in `{first}`{outer})")
    }
    /// Returns the number of mistakes so far.
    pub fn count(&self) -> usize {
        self.errors.borrow().len() + self.deferred.get()
    }
    /// Discards all mistakes but the first `count`: those after a syntax error may only be its consequences.
    pub fn keep(&self, count: usize) {
        self.errors.borrow_mut().truncate(count);
    }
    /// Discards everything, for a trial whose mistakes are not to be shown.
    pub fn forget(&self) {
        self.errors.take();
        self.checks.take();
        self.deferred.set(0);
    }
    /// Puts back checks that [`take_checks`](Self::take_checks) returned: those of the model around a stack.
    pub fn put_checks(&self, checks: Vec<Check>) {
        self.checks.borrow_mut().extend(checks);
    }
    /// Returns the checks that were left to rustc since the last call, which are those of one model.
    pub fn take_checks(&self) -> Vec<Check> {
        self.checks.take()
    }
    /// Returns the texts of all mistakes, in order.
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
    /// Returns the line and column of the token, and the text, of every mistake.
    #[cfg(test)]
    pub fn located(self) -> Vec<(usize, usize, String)> {
        self.read.set(true);
        let errors = self.errors.take().into_iter().map(|(start, _, text)| (start, text));
        errors.map(|(start, text)| (start.start().line, start.start().column, text)).collect()
    }
    /// Writes every mistake as a `compile_error!` at its tokens.
    pub fn into_tokens(self) -> TokenStream {
        self.read.set(true);
        let errors = self.errors.take();
        errors
            .into_iter()
            .map(|(start, end, text)| {
                // rustc reports the range from the path's first token to the group. The names between get the position before the
                // user's token; on the token itself, editors would show the documentation of `core` and `compile_error`.
                let (colons, names) = (quote_spanned!(start=> ::), quote_spanned!(before(start)=> core::compile_error));
                let path = quote::quote!(#colons #names !);
                let group = quote_spanned!(end=> { #text });
                quote::quote!(#path #group)
            })
            .collect()
    }
}

/// Returns the empty span before `span`, for generated names: rustc reports them at the user's token, and editors do not show them.
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
