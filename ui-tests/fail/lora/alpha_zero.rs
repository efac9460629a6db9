//! An update with the factor 0 learns nothing.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora: 8, lora_alpha: 0) -> relu -> dense(4) }
}
