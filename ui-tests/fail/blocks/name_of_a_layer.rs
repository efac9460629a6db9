//! A block cannot have the name of a layer.

use dl::prelude::*;

model! {
    block dense(x, width) { x -> conv2d(width, 1) }

    Net(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
