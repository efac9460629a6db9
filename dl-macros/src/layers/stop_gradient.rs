//! `stop_gradient` returns its input unchanged and passes no gradient back.

use super::*;

pub struct StopGradient;

impl Layer for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }
    fn doc(&self) -> Doc {
        Doc::new(
            Chapter::Shape,
            "any, unchanged",
            "returns its input as a constant: no gradient flows back through it (`detach`)",
        )
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        call.known_input()
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let mut op = Op::new(Config::Reshape, BackwardReads::NOTHING);
        op.stops_gradient = true;
        op.blocks = Blocks::Preserves;
        Some(Built::new(call.input(), op))
    }
}
