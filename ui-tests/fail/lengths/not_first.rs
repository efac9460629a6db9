//! A length that is not the first dimension, and two of them.

use dl::prelude::*;

model! {
    pub A(x: [8, ..]) -> [4] {
        x -> dense(4)
    }

    pub B(x: [.., ..]) -> [4] {
        x -> dense(4)
    }
}

fn main() {}
