//! Cross-entropy of one number.

use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [1] { x -> dense(1) } loss(target: u32) { cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
