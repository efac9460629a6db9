//! The output shape that the header declares.

use super::same_shape::equal;
use crate::diagnostics::{Diagnostics, message};
use crate::ir::Shape;
use proc_macro2::Span;

/// Reports that the body's shape is not the declared one, at the declared.
pub fn declared_output(diagnostics: &Diagnostics, declared: &Shape, real: &Shape, span: Span) {
    let text = message!("the output is declared as ", declared, ", but the body makes ", real);
    diagnostics.require(equal(declared, real), span, text);
}
