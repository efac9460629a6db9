//! `ctc` aligns a sequence of logits with a sequence of labels: connectionist temporal classification.

use super::*;
use crate::check;
use crate::diagnostics::message;
use crate::ir::Range;
use quote::quote;

pub struct Ctc;

impl Layer for Ctc {
    fn name(&self) -> &'static str {
        "ctc"
    }
    fn doc(&self) -> Doc {
        let line = "computes `-ln` of the probability of all alignments that spell the labels, for each label: for speech and \
                    handwriting, from logits; targets equal to `blank` fill up";
        Doc::new(Chapter::Loss, "`[t, classes]` and `u32[labels]` → a number", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::named("blank", Kind::Size, Default::Size(0), "class that stands for no label"),
                Parameter::named(
                    "zero_infinity",
                    Kind::Flag,
                    Default::Flag(false),
                    "whether a sequence that is too short for its labels has no loss instead of an infinite one",
                ),
            ]
        }
    }
    fn operands(&self) -> usize {
        2
    }
    fn takes(&self, operand: usize) -> Element {
        if operand == 1 { Element::U32 } else { Element::F32 }
    }
    fn is_loss(&self) -> bool {
        true
    }
    fn recovered_shape(&self, _: &Call) -> Option<Shape> {
        Some(Shape::of([]))
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let shapes = shapes(call);
        let [_, target] = shapes.as_slice() else { return None };
        let classes = check::time(call, 0)?.features;
        if target.dims.len() != 1 {
            let start = "the target of `ctc` is a sequence of labels, `u32[…]`, but here it is ";
            call.diagnostics.error(call.span, message!(start, *target));
            return None;
        }
        let (blank, zero_infinity) = (call.size("blank"), call.flag("zero_infinity"));
        let start = message!("the blank of `ctc` is class ", &blank, ", but its input has ");
        let text = message!(start, &classes, " classes, counted from 0");
        let below = classes.at_least(&blank.add(&Dim::Known(1)));
        call.diagnostics.require(below, call.at("blank"), text).then_some(())?;
        let fields = quote!(classes: #classes, blank: #blank as u32, zero_infinity: #zero_infinity);
        let mut built = built(quote!(dl::ops::loss::Ctc { #fields }));
        built.op.sequences = vec![0, 1];
        built.op.range = Some(Range { operand: 1, limit: classes, check: "check_labels", but: None });
        Some(built)
    }
}
