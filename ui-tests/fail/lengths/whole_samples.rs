//! A layer that works on whole samples.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 8] {
        x -> stochastic_depth(0.1)
    }
}

fn main() {}
