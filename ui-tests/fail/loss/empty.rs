//! A loss clause with nothing in it.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u32) { }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
