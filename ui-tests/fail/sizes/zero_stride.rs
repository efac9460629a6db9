//! A window that never moves, and others of size zero.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        let a = image -> conv2d(4, 3, stride: 0) -> flatten -> dense(10);
        let b = image -> max_pool2d(2, stride: [1, 0]) -> flatten -> dense(10);
        let c = image -> conv2d(4, 0, dilation: 0, groups: 0) -> flatten -> dense(10);
        a + b + c
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
