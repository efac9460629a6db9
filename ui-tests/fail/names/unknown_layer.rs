//! Layers that do not exist under this name.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv(8, 3) -> rellu -> MaxPool2d(2) -> flatten -> linear(10) -> frobnicate
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
