//! Copies of different shapes need a count that the macro knows.

use dl::prelude::*;

const COPIES: usize = 6;

model! {
    Net(x: [8]) -> [4] { x -> repeat COPIES { dense(16) -> relu } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
