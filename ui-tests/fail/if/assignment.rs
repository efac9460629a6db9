//! A comparison is written with two equals signs.

use dl::prelude::*;

model! {
    const DEPTH: usize = 3;

    Net(x: [8]) -> [4] { x -> if DEPTH = 3 { dense(4) } else { dense(8) -> dense(4) } }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
