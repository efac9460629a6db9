//! An axis that is the length.

use dl::prelude::*;

model! {
    pub A(x: [.., 8]) -> [.., 8] {
        x -> softmax(axis: 0)
    }

    pub B(x: [.., 8]) -> [8] {
        x -> mean
    }
}

fn main() {}
