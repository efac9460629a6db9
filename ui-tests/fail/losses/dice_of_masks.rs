//! The target of `dice` is a class for each pixel; masks have `sigmoid_dice`.

use dl::prelude::*;

model! {
    Net(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: [3, 8, 8]) { dice(output, mask) }

    Other(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: [8, 8]) { sigmoid_dice(output, mask) }

    Size(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: u32[4, 4]) { jaccard(output, mask) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
