//! A block without a body.

use dl::prelude::*;

model! {
    block wide(x) { }

    Net(x: [8]) -> [4] { x -> wide -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
