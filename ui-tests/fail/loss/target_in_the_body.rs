//! The body sees no target.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { (x -> dense(4)) + target }
    loss(target: [4]) { mse(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
