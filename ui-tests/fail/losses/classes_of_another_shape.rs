//! One class for a map of scores.

use dl::prelude::*;

model! {
    pub Net(image: [2, 4, 4]) -> [3, 4, 4] { image -> conv2d(3, 1) } loss(target: u32) { cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
