//! An update of so large a rank has more parameters than the weights.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [8]) -> [4] { x -> dense(16, lora: 32) -> relu -> dense(4) }
    Text(x: [.., 8]) -> [.., 8] { x -> attention(2, lora: 64) }
}
