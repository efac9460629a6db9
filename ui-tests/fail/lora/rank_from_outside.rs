//! A rank that only rustc knows.
use dl::prelude::*;
fn main() {}

const RANK: usize = 32;

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora: RANK) -> relu -> dense(4) }
}
