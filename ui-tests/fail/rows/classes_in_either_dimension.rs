//! As many rows as classes.

use dl::prelude::*;

model! {
    pub Net(x: [8, 4]) -> [8, 8] {
        x -> dense(8)
    } loss(target: u32[8]) { cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
