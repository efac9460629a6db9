//! A mistyped target.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: u32) { cross_entropy(output, taget) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
