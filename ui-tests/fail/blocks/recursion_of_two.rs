//! Two blocks that use each other.

use dl::prelude::*;

model! {
    block even(x) { x -> relu -> odd }

    block odd(x) { x -> dense(8) -> even }

    Net(x: [8]) -> [4] { x -> even -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
