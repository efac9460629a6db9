//! `flatten`: an image as a list of features.

use super::*;

pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "any → `[n]`",
            "gives a sample the shape `[n]`, one vector of features; copies nothing",
        )
    }
    fn alternative(&self) -> &'static str {
        ", and say `reshape([SIZE])` here"
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let output = Shape::of([call.input().len()]);
        Some(Built::new(output, Op::new(Config::Reshape, BackwardReads::NOTHING)))
    }
}
