//! Two outputs cannot flow on as one.

use dl::prelude::*;

model! {
    Encoder(x: [8]) -> (mean: [2], spread: [2]) { (x -> dense(2), x -> dense(2)) }

    Net(x: [8]) -> [4] { x -> Encoder -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
