//! A sequence of numbers without a shape of its rows.

use dl::prelude::*;

model! {
    pub Net(x: [..]) -> [.., 4] {
        x -> dense(4)
    }
}

fn main() {}
