//! The target before the output, and targets of other types.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u32) { cross_entropy(target, output) }

    Bytes(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u8) { cross_entropy(output, target) }

    Numbers(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u32) { mse(output, target) }

    Large(x: [8]) -> [4] { x -> dense(4) }
    Loss(target: u32) { cross_entropy(output, target) }
}

fn main() {}
