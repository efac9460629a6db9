//! A mistyped model of the same `model!`.

use dl::prelude::*;

model! {
    Encoder(x: [8]) -> [2] { x -> dense(2) }

    Net(x: [8]) -> [4] { x -> Encodr -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
