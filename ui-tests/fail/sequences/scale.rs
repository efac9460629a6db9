//! `scale` has a factor for each feature or channel, and begins with a number that is given by name.

use dl::prelude::*;

model! {
    Net(x: [2, 3, 4, 5]) -> [120] {
        x -> scale -> flatten -> scale(0.5) -> scale(init_values: 1e-5)
    }

    One(x: [4]) -> [1] {
        x -> sum -> scale -> reshape([1])
    }
}

fn main() {}
