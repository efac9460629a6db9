//! `flatten` reshapes a sample to one vector of features.

use super::*;

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
        let output = Shape::of([call.input().len()]);
        Some(Built::new(output, Op::new(Config::Reshape, BackwardReads::NOTHING)))
    }
}
