//! The name of a block begins with a small letter.

use dl::prelude::*;

model! {
    block Wide(x, width) { x -> dense(width) }

    Net(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
