//! A target with the name of an input.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(x: u32) { cross_entropy(output, x) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
