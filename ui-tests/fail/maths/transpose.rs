//! Every dimension once.

use dl::prelude::*;

model! {
    Net(x: [3, 4]) -> [4, 3] {
        let a = x -> transpose([1]);
        let b = x -> transpose([0, 0]);
        let c = x -> flatten -> transpose;
        a + b + c
    }
}

fn main() {}
