//! Mistakes in losses that stand alone.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }

    loss Weights(y: [4], target: [4]) { mse(y -> dense(4), target) }

    loss Vector(y: [4], target: [4]) { (y - target) -> square }

    loss Arrow(y: [4], target: [4]) -> [1] { mse(y, target) }

    loss Empty() { mse(y, target) }

    loss Unused(y: [4], target: [4]) { y -> square -> mean }

    loss Unknown(y: [4], target: [4]) { mse(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
