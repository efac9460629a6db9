//! `one_hot(classes)` replaces every class by a vector with a 1 at its place.

use super::*;
use crate::check;
use crate::ir::Range;
use quote::quote;

pub struct OneHot;

impl Layer for OneHot {
    fn name(&self) -> &'static str {
        "one_hot"
    }
    fn doc(&self) -> Doc {
        let line = "makes a vector of each class, with a 1 at its place and zeros elsewhere; no gradient";
        Doc::new(Chapter::Shape, "`u32[…]` → `[…, classes]`", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            let doc = "number of different classes: the numbers of the input are less than this";
            &[Parameter::positional("classes", Kind::Size, Default::Required, doc).counting("class")]
        }
    }
    fn takes(&self, _: usize) -> Element {
        Element::U32
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let classes = call.size("classes");
        let mut output = Shape::of(call.input().dims);
        output.dims.push(classes.clone());
        let config = Config::settings(quote!(dl::ops::one_hot::OneHotOp), quote!(classes: #classes,));
        let mut op = Op::new(config, BackwardReads::NOTHING);
        op.stops_gradient = true;
        op.range = Some(Range { operand: 0, limit: classes, check: "check_labels", but: None });
        Some(Built::new(output, op))
    }
}
