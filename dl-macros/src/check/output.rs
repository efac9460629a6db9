//! Checks the output shape that the header declares.

use super::same_shape::equal;
use crate::diagnostics::{Diagnostics, message};
use crate::ir::Shape;
use proc_macro2::Span;

/// Reports at the declared shape that the body returns another one.
pub fn declared_output(diagnostics: &Diagnostics, declared: &Shape, real: &Shape, span: Span) {
    let text = message!("the output is declared as ", declared, ", but the body makes ", real);
    diagnostics.require(equal(declared, real), span, text);
}
