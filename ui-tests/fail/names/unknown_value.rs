//! A value that was never bound.

use dl::prelude::*;

model! {
    pub Net(image: [3, 8, 8]) -> [10] {
        let hidden = image -> conv2d(3, 3, padding: 1) -> relu;
        (hiden + hidden) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
