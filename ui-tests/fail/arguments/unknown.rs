//! An argument that the layer does not have.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, paddin: 1) -> relu -> flatten -> dense(10, colour: true)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
