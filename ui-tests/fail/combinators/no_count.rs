//! `repeat` says how many.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> repeat { dense(8) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
