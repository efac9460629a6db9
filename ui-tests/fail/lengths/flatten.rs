//! `flatten` over a length that is only known at run time.

use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [10] {
        x -> flatten -> dense(10)
    }
}

fn main() {}
