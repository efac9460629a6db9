//! Copies inside a checkpoint are unrolled, so that the macro must know their number.
use dl::prelude::*;
fn main() {}

const COPIES: usize = 3;

model! {
    Net(x: [8]) -> [4] { x -> checkpoint { repeat COPIES { dense(8) -> tanh } } -> dense(4) }
}
