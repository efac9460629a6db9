//! Values that differ in one dimension alone.

use dl::prelude::*;

model! {
    Net(x: [3, 4]) -> [6, 4] {
        let a = x -> transpose;
        let b = concat(x, a);
        let c = concat(x, x -> flatten);
        b + c
    }
}

fn main() {}
