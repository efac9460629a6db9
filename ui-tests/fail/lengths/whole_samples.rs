//! A layer that works on whole samples, also in a block, whose pattern matches the rows of a sequence.

use dl::prelude::*;

model! {
    block drop(x: [n]) { x -> dense(n) -> stochastic_depth(0.1) }

    pub Block(x: [.., 8]) -> [.., 8] {
        x -> drop
    }

    pub Net(x: [.., 8]) -> [.., 8] {
        x -> stochastic_depth(0.1)
    }
}

fn main() {}
