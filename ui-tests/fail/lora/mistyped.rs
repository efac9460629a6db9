//! Other words for the arguments.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora_rank: 8) -> relu -> dense(8, lora: 8, alpha: 16) -> dense(4, rank: 2) }
}
