//! The layers in a named checkpoint are not used again as a whole.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> checkpoint { dense(8) -> tanh } as body -> body -> dense(4) }
}
