//! `argmax` is the index of the largest number of each row.

use super::*;
use crate::check;
use quote::quote;

pub struct Argmax;

impl Layer for Argmax {
    fn name(&self) -> &'static str {
        "argmax"
    }
    fn doc(&self) -> Doc {
        let line = "is the index of the largest number along the last dimension, the first among equal ones, for `one_hot` or \
                    `embedding`; no gradient";
        Doc::new(Chapter::Shape, "`[…, n]` → `u32[…]`", line)
    }
    fn has_no_gradient(&self) -> bool {
        true
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let classes = check::last(call)?;
        let input = call.input();
        let (_, rows) = input.dims.split_last()?;
        let output = Shape { element: Element::U32, ..Shape::of(rows) };
        let config = Config::settings(quote!(dl::ops::argmax::ArgmaxOp), quote!(classes: #classes,));
        let mut op = Op::new(config, BackwardReads::NOTHING);
        op.stops_gradient = true;
        Some(Built::new(output, op))
    }
}
