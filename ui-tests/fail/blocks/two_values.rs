//! A block of two values, used with one.

use dl::prelude::*;

model! {
    block both(x, y: [n]) { (x -> dense(4)) + (y -> dense(4)) }

    Net(x: [8], z: [6]) -> [4] { x -> both }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
