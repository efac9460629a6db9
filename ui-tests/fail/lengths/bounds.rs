//! A bound of 0, one that is no size, and one at an output.

use dl::prelude::*;

model! {
    pub A(x: [..=0, 8]) -> [.., 4] {
        x -> dense(4)
    }

    pub B(x: [..=1.5, 8]) -> [.., 4] {
        x -> dense(4)
    }

    pub C(x: [.., 8]) -> [..=9, 4] {
        x -> dense(4)
    }
}

fn main() {}
