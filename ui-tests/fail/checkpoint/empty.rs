//! A checkpoint holds layers.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> checkpoint { } -> dense(4) }
}
