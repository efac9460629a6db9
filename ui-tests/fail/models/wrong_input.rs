//! A model of the same `model!` takes another input.

use dl::prelude::*;

model! {
    Encoder(x: [6]) -> [2] { x -> dense(2) }

    Net(x: [8]) -> [4] { x -> Encoder -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
