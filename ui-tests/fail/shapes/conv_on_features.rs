//! A convolution of a list of features.

use dl::prelude::*;

model! {
    pub Net(x: [784]) -> [10] { x -> conv2d(8, 3) -> flatten -> dense(10) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
