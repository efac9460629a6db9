//! The input of a block has another rank than the pattern.

use dl::prelude::*;

model! {
    block scale(x: [c, h, w], channels) { x -> conv2d(channels, 1) -> reshape([channels, h * w + 0 * c]) }

    Net(image: [3, 8, 8]) -> [10] {
        image -> flatten -> scale(8) -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
