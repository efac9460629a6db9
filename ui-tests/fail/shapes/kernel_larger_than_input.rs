//! A window that does not fit into what is left of the image.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> max_pool2d(2) -> conv2d(8, 5) -> relu -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
