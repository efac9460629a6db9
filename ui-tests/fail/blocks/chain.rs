//! Three independent mistakes in nested blocks: all reported, each with the blocks that led there.

use dl::prelude::*;

model! {
    block basic(x: [c, h, w], channels) {
        let main = x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, paddin: 1);
        main + (x -> conv2d(channels, 1))
    }

    block stage(x, channels) {
        x -> basic(channels) -> dropout(1.5) -> basic(channels)
    }

    Net(image: [3, 8, 8]) -> [10] {
        image -> conv2d(16, 3, padding: 1) -> stage(64) -> global_avg_pool2d -> dens(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
