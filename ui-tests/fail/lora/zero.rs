//! An update of rank 0 is none.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora: 0) -> relu -> dense(4) }
}
