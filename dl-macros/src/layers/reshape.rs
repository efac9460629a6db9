//! `reshape([a, b])` gives the same elements another shape, and `identity` returns its input.

use super::*;
use crate::diagnostics::message;

pub struct Reshape;

impl Layer for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "any → `shape`",
            "gives a sample another shape with the same number of elements, without copying: `reshape([16, 5, 5])`",
        )
    }
    fn parameters(&self) -> &'static [Parameter] {
        const { &[Parameter::positional("shape", Kind::Shape, Default::Required, "new shape of a sample")] }
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.given_shape("shape")
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let (input, output) = (call.input(), call.given_shape("shape")?);
        let (from, to) = (input.len(), output.len());
        let text = message!("`reshape` keeps the number of elements, but ", &input, " has ", &from);
        let text = message!(text, " and ", &output, " has ", &to);
        call.diagnostics.require(from.equals(&to), call.at("shape"), text).then_some(())?;
        Some(Built::new(output, Op::new(Config::Reshape, BackwardReads::NOTHING)))
    }
}

pub struct Identity;

impl Layer for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }
    fn doc(&self) -> Doc {
        Doc::new(Chapter::Shape, "any, unchanged", "returns its input, without copying")
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let op = Op::new(Config::Reshape, BackwardReads::NOTHING).with_blocks(Blocks::Preserves);
        Some(Built::new(call.input(), op))
    }
}
