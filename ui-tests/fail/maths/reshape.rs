//! As many numbers as there were.

use dl::prelude::*;

const N: usize = 5;

model! {
    Net(x: [3, 4]) -> [2] {
        let a = x -> reshape([5, 2]);
        let b = x -> reshape(12);
        let c = x -> reshape([2, N]);
        a + b + c
    }
}

fn main() {}
