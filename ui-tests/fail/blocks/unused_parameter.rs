//! A parameter that the block does not use.

use dl::prelude::*;

model! {
    block wide(x, width, stride: 1) { x -> dense(width) -> relu }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
