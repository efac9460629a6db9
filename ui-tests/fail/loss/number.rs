//! A term that is a number.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse(output, target) + 0.5 }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
