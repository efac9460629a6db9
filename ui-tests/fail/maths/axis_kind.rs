//! An axis is the number of a dimension, and nothing else.

use dl::prelude::*;

model! {
    Net(x: [3, 4]) -> [3] {
        let a = x -> sum(axis: 0.5);
        let b = x -> mean(axis: last);
        let c = x -> transpose(1);
        a + b + c
    }
}

fn main() {}
