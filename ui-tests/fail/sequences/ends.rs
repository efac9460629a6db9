//! `first`, `last` and `reverse` take a sequence: rows of features.

use dl::prelude::*;

model! {
    Net(x: [5], image: [3, 8, 8]) -> [5] {
        let a = x -> last;
        let b = image -> first;
        (x -> reverse) + a + b
    }
}

fn main() {}
