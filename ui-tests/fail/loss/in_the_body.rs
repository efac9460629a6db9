//! A loss belongs behind the body.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let y = x -> dense(4);
        mse(y, y -> relu) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
