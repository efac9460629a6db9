//! A target that nothing uses.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u32, weight: [1]) { cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
