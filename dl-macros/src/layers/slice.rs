//! `slice(from, to)` keeps the indices `from..to` of one dimension.

use super::*;
use crate::check;
use crate::diagnostics::message;
use quote::quote;

pub struct Slice;

impl Layer for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "`[…, n, …]` → `[…, to - from, …]`", "keeps the indices `from..to` of one dimension")
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional("from", Kind::Size, Default::Required, "first index that is kept"),
                Parameter::positional(
                    "to",
                    Kind::Size,
                    Default::Required,
                    "end of the range: the index after the last that is kept",
                ),
                Parameter::named("axis", Kind::Axis, Default::Integer(0), "dimension that is sliced"),
            ]
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let input = call.input();
        let axis = check::axis(call, "axis", &input)?;
        let (from, to, size) = (call.size("from"), call.size("to"), &input.dims[axis]);
        let text = message!("`slice` from ", &from, " to ", &to, " is empty");
        let not_empty = call.diagnostics.require(to.at_least(&from.add(&Dim::Known(1))), call.at("to"), text);
        let text = message!("`slice` goes to ", &to, format!(", but axis {axis} of its input has "), size);
        let within = call.diagnostics.require(size.at_least(&to), call.at("to"), text);
        if !not_empty || !within {
            return None;
        }
        let inner = Dim::product(&input.dims[axis + 1..]);
        let fields = quote!(size: #size, from: #from, to: #to, inner: #inner,);
        let op = Op::new(Config::settings(quote!(dl::ops::slice::SliceOp), fields), BackwardReads::NOTHING);
        let mut output = input.clone();
        output.dims[axis] = to.sub(&from);
        Some(Built::new(output, op))
    }
}
