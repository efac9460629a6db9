//! A value that the block does not use.

use dl::prelude::*;

model! {
    block both(x, y: [n]) { x -> dense(4) }

    Net(x: [8]) -> [4] { x -> both(x) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
