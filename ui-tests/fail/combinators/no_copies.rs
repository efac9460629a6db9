//! `repeat` makes at least one.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> repeat 0 { dense(8) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
