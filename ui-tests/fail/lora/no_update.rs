//! Layers without low-rank updates.
use dl::prelude::*;
fn main() {}

model! {
    Net(image: [1, 8, 8]) -> [10] { image -> conv2d(4, 3, lora: 8) -> relu -> flatten -> dense(10) }
}
