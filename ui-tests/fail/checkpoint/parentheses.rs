//! A checkpoint has braces and no arguments.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> checkpoint(dense(8)) -> checkpoint dense(8) -> dense(4) }
}
