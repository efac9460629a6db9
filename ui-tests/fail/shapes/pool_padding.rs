//! Padding beyond half the pooling window.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> max_pool2d(3, padding: 2) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
