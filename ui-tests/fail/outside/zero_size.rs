//! A size of zero, and one below, by constants from outside.

use dl::prelude::*;

const NONE: usize = 0;

model! {
    pub Net(x: [8]) -> [4] { x -> dense(NONE) -> dense(NONE - 1) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
