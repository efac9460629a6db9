//! A dense layer after a pooling layer, without `flatten`.

use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] {
        image -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
