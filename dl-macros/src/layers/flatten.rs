//! `flatten` reshapes a sample to one vector of features.

use super::*;
use crate::diagnostics::message;

pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "any → `[n]`", "flattens a sample to one vector of `n` features, without copying")
    }
    fn alternative(&self) -> &'static str {
        ", and say `reshape([SIZE])` here"
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        if input.length.is_some() && input.dims.len() < 2 {
            let text = "; `last`, or `mean(axis: 0)`, makes one row of a sequence";
            let start =
                "`flatten` joins the dimensions of each row, whose number is only known at run time, but here is ";
            call.diagnostics.error(call.span, message!(start, &input, text));
            return None;
        }
        let output = Shape::of([input.len()]);
        Some(Built::new(output, Op::new(Config::Reshape, BackwardReads::NOTHING)))
    }
}
