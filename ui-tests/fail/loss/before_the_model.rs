//! A loss clause follows its model.

use dl::prelude::*;

model! {
    loss(target: u32) { cross_entropy(output, target) }

    Net(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
