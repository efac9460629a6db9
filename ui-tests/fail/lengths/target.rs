//! A target with another length than the output, and none.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 4] {
        x -> dense(4)
    }
    loss(target: u32) {
        cross_entropy(output, target)
    }
}

fn main() {}
