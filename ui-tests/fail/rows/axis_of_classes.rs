//! Classes in the middle.

use dl::prelude::*;

model! {
    pub Net(x: [2, 3, 4]) -> [2, 3, 5] {
        x -> dense(5, axis: -1)
    } loss(target: u32[2, 5]) { cross_entropy(output, target, axis: 1) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
