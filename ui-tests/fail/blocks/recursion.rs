//! A block that uses itself.

use dl::prelude::*;

model! {
    block deep(x, width) { x -> dense(width) -> deep(width) }

    Net(x: [8]) -> [4] { x -> deep(8) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
