//! The weights of attention are used once.

use dl::prelude::*;

model! {
    Net(x: [5, 8]) -> [5, 8] {
        x -> attention(2) as look -> look
    }

    Generic<const D: usize>(x: [5, D]) -> [5, D] {
        x -> attention(2)
    }
}

fn main() {}
