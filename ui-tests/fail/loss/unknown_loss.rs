//! A loss as other libraries call it.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse_loss(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
