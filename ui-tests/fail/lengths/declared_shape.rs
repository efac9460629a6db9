//! An output declared without the length that it has.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [4] {
        x -> dense(4)
    }
}

fn main() {}
