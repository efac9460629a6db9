//! A dimension that is not there, from both ends and in a list.

use dl::prelude::*;

model! {
    Net(x: [3, 4]) -> [3] {
        let a = x -> sum(axis: 2);
        let b = x -> mean(axis: [0, -3]);
        let c = x -> max(axis: [1, -1]);
        let d = x -> softmax(axis: 7);
        a + b + c + d
    }
}

fn main() {}
