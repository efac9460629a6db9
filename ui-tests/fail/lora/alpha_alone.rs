//! The factor of an update that is not there.
use dl::prelude::*;
fn main() {}

model! {
    Net(x: [.., 8]) -> [.., 4] { x -> attention(2, lora_alpha: 16) -> dense(4, lora_alpha: 16) }
}
