//! A cumulative sum has one dimension, which must be there.

use dl::prelude::*;

model! {
    Net(x: [3, 4]) -> [3, 4] {
        let a = x -> cumsum(axis: 2);
        x -> cumsum(dim: -3) -> cumsum(axis: [0, 1])
    }
}

fn main() {}
