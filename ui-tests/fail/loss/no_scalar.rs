//! A term is one number for each sample.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { (output - target) -> square }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
