//! Layers without the size that everyone gives.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8) -> max_pool2d -> flatten -> dropout -> dense
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
