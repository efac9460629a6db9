//! A pooling window that is larger than its input.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> avg_pool2d([2, 9]) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
