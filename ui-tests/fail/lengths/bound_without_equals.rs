//! A bound without its sign of equality.

use dl::prelude::*;

model! {
    pub Net(x: [..256, 8]) -> [.., 4] {
        x -> dense(4)
    }
}

fn main() {}
