//! Sizes that are neither equal nor 1.

use dl::prelude::*;

model! {
    Net(x: [3, 4], gate: [3]) -> [3, 4] {
        let a = x * gate;
        let b = x + (gate -> reshape([1, 3]));
        a + b
    }
}

fn main() {}
