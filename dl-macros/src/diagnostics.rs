//! Diagnostics: collects every mistake of a `model!`, each at the user's token; errors that nobody reads are a bug.

use crate::dim::{Cond, Dim};
use crate::ir::{Check, Shape};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use std::cell::{Cell, RefCell};

/// Text with dimensions in it, whose numbers the macro or rustc fills in.
#[derive(Clone, Default)]
pub struct Message(pub Vec<Piece>);

/// A part of a message.
#[derive(Clone)]
pub enum Piece {
    /// Words.
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
impl From<&Shape> for Message {
    fn from(shape: &Shape) -> Self {
        let mut message = Message::from("[");
        for (i, dim) in shape.dims.iter().enumerate() {
            if i > 0 {
                message.push(", ");
            }
            message.push(dim);
        }
        message.push("]");
        message
    }
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
    read: Cell<bool>,
}

impl Diagnostics {
    /// Reports a mistake at `span`.
    pub fn error(&self, span: Span, message: impl Into<Message>) {
        self.error_between(span, span, message);
    }
    /// Reports a mistake from the token at `start` to that at `end`.
    pub fn error_between(&self, start: Span, end: Span, message: impl Into<Message>) {
        self.errors.borrow_mut().push((start, end, message.into().text()));
    }
    /// Reports a mistake unless `condition` holds, now or when rustc knows the numbers. Whether it may go on as if it held.
    pub fn require(&self, condition: Cond, span: Span, message: impl Into<Message>) -> bool {
        match condition {
            Cond::Known(true) => true,
            Cond::Known(false) => {
                self.error(span, message);
                false
            }
            Cond::Expr(condition) => {
                self.checks.borrow_mut().push(Check { span, condition, message: message.into() });
                true
            }
        }
    }
    /// Number of mistakes so far.
    pub fn count(&self) -> usize {
        self.errors.borrow().len()
    }
    /// What was left to rustc since the last call: the checks of one model.
    pub fn take_checks(&self) -> Vec<Check> {
        self.checks.take()
    }
    /// All mistakes, as `compile_error!`s at their tokens.
    pub fn into_tokens(self) -> TokenStream {
        self.read.set(true);
        let errors = self.errors.take();
        errors
            .into_iter()
            .map(|(start, end, text)| {
                // rustc joins the span of the path's first token and of the group to one range.
                let path = quote_spanned!(start=> ::core::compile_error!);
                let group = quote_spanned!(end=> { #text });
                quote::quote!(#path #group)
            })
            .collect()
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let lost = !self.read.get() && self.count() > 0;
        if lost && !std::thread::panicking() {
            panic!("diagnostics were collected and never shown");
        }
    }
}
