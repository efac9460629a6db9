//! A model of the same `model!` needs no statement; a wrong one is a mistake.

use dl::prelude::*;

model! {
    Encoder(x: [8]) -> [2] { x -> dense(2) }

    Net(x: [8]) -> [4] { x -> Encoder: [3] -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
