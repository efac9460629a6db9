//! A target for each row but one.

use dl::prelude::*;

model! {
    pub Net(x: [5, 4]) -> [5, 3] {
        x -> dense(3)
    } loss(target: u32[4]) { cross_entropy(output, target, axis: -1) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
