//! A checkpoint makes a value of a value.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> checkpoint { 3 } -> dense(4) }
}
