//! A dimension must be a number that the macro knows.

use dl::prelude::*;

const N: usize = 5;

model! {
    Net(x: [3, 4]) -> [3] {
        x -> sum(axis: N)
    }
}

fn main() {}
