//! Values come before parameters.

use dl::prelude::*;

model! {
    block both(x, width, y: [n]) { (x -> dense(width)) + (y -> dense(width)) }

    Net(x: [8]) -> [4] { x -> both(x, 4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
