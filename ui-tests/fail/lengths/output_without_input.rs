//! An output with a length that no input has.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [.., 4] {
        x -> dense(4)
    }
}

fn main() {}
