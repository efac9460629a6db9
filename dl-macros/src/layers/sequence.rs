//! `first`, `last` and `reverse` work along the time of a sequence, its first dimension.

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
            SequenceKind::First => ("`[t, n]` or `[.., n]` → `[n]`", "takes the first row of a sequence"),
            SequenceKind::Last => ("`[t, n]` or `[.., n]` → `[n]`", "takes the last row of a sequence"),
            SequenceKind::Reverse => {
                ("`[t, n]` or `[.., n]`, unchanged", "puts the rows of a sequence in reverse order")
            }
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
        // The last row of a step is that of the sequence so far.
        let step = if let SequenceKind::Last = self.kind { Stepping::Rows } else { Stepping::Ahead };
        let function = match self.kind {
            SequenceKind::First => quote!(dl::ops::over_time::OverTime::First),
            SequenceKind::Last => quote!(dl::ops::over_time::OverTime::Last),
            SequenceKind::Reverse => {
                let config = Config::settings(quote!(dl::ops::reverse::ReverseOp), quote!());
                return Some(Built::new(call.input(), Op::new(config, BackwardReads::NOTHING).along_time_of([0])));
            }
        };
        let op = Op::new(Config::Expr(function), BackwardReads::NOTHING).along_time_of([0]).stepping(step);
        Some(Built::new(Shape::of([time.features]), op))
    }
}
