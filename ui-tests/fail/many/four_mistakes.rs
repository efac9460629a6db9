//! Four mistakes of one model, reported together.

use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] {
        let hidden = image -> conv2d(6, 5, paddin: 2) -> relu -> max_pool2d(2);
        let flat = image -> dense(120);
        let sum = flat + hiddn;
        (sum -> dropout(2.0)) -> dense(12)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
