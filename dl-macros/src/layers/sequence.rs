//! `first`, `last` and `reverse` work along the first dimension of a sequence `[t, n]`.

use super::*;
use crate::check;
use quote::quote;

/// A layer that takes one row of a sequence, or turns the sequence round.
pub struct Sequence {
    name: &'static str,
    kind: SequenceKind,
}

#[derive(Clone, Copy)]
enum SequenceKind {
    First,
    Last,
    Reverse,
}

pub static FIRST: Sequence = Sequence { name: "first", kind: SequenceKind::First };
pub static LAST: Sequence = Sequence { name: "last", kind: SequenceKind::Last };
pub static REVERSE: Sequence = Sequence { name: "reverse", kind: SequenceKind::Reverse };

impl Layer for Sequence {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let (shapes, line) = match self.kind {
            SequenceKind::First => ("`[t, n]` → `[n]`", "takes the first row of a sequence"),
            SequenceKind::Last => ("`[t, n]` → `[n]`", "takes the last row of a sequence"),
            SequenceKind::Reverse => ("`[t, n]`, unchanged", "puts the rows of a sequence in reverse order"),
        };
        Doc::new(Chapter::Shape, shapes, line)
    }
    fn gives_way(&self) -> bool {
        true
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        match self.kind {
            SequenceKind::Reverse => call.known_input(),
            SequenceKind::First | SequenceKind::Last => None,
        }
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let time = check::time(call, 0)?;
        let (steps, features) = (time.steps?, time.features);
        let one = Dim::Known(1);
        let (from, to) = match self.kind {
            SequenceKind::First => (Dim::Known(0), one),
            SequenceKind::Last => (steps.sub(&one), steps.clone()),
            SequenceKind::Reverse => {
                let config = Config::settings(quote!(dl::ops::reverse::ReverseOp), quote!());
                let op = Op::new(config, BackwardReads::NOTHING).along_time_of([0]);
                return Some(Built::new(call.input(), op));
            }
        };
        let fields = quote!(size: #steps, from: #from, to: #to, inner: #features,);
        let config = Config::settings(quote!(dl::ops::slice::SliceOp), fields);
        Some(Built::new(Shape::of([features]), Op::new(config, BackwardReads::NOTHING)))
    }
}
