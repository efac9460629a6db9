//! Groups that do not divide, by constants from outside.

use dl::prelude::*;

const CHANNELS: usize = 6;

model! {
    pub Net(image: [4, 8, 8]) -> [10] {
        image -> conv2d(CHANNELS, 3, groups: 4) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
