//! A class as an f32, and logits as classes.

use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [3] { x -> dense(3) } loss(target: f32) { cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
