//! `glu`: the first half of the features or channels, gated by the second.

use super::*;
use crate::diagnostics::message;
use quote::quote;

pub struct Glu;

impl Layer for Glu {
    fn name(&self) -> &'static str {
        "glu"
    }
    fn doc(&self) -> Doc {
        let line = "the first half of the features or channels times the sigmoid of the second";
        Doc::new(Chapter::Shape, "`[2n, …]` → `[n, …]`", line)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let mut output = call.input();
        let (first, two) = (output.dims.first().cloned().unwrap_or(Dim::Known(1)), Dim::Known(2));
        let text = message!("`glu` halves the first dimension, but its input is ", &output);
        if output.dims.is_empty() || !call.diagnostics.require(first.is_multiple_of(&two), call.span, text) {
            return None;
        }
        output.dims[0] = first.div(&two);
        Some(Built::new(output, Op::new(Config::settings(quote!(dl::ops::glu::Op), quote!()), Keeps::INPUTS)))
    }
}
