//! Sizes that only rustc knows must be equal.

use dl::prelude::*;

const N: usize = 5;

model! {
    Net(x: [3, 4], y: [N]) -> [3, 4] {
        x * y
    }
}

fn main() {}
