//! A rank is a whole number.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora: 2.5) -> relu -> dense(4) }
}
