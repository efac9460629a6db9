//! A length in the middle of a body.

use dl::prelude::*;

model! {
    pub Net(x: [12]) -> [.., 4] {
        x -> reshape([.., 4])
    }
}

fn main() {}
