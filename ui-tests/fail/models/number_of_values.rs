//! A model of two inputs wants two.

use dl::prelude::*;

model! {
    Pair(a: [8], b: [8]) -> [2] { (a + b) -> dense(2) }

    Net(x: [8]) -> [4] { x -> Pair -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
