//! `flatten`: an image as a list of features.

use super::*;

pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let output = Shape::of([call.input().len()]);
        Some(Built::new(output, Op::new(Config::Reshape, Keeps::NOTHING)))
    }
}
