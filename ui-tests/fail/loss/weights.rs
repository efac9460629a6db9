//! A loss has no weights.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [2]) { mse(output -> dense(2), target) }

    Head(x: [4]) -> [2] { x -> dense(2) }

    WithHead(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [2]) { mse(output -> Head, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
