//! Weights for another number of classes, and wrong ones.

use dl::prelude::*;

model! {
    pub Net(x: [5, 4]) -> [5, 3] {
        x -> dense(3)
    } loss(target: u32[5]) {
        cross_entropy(output, target, weights: [1, 0.5])
            + nll(output, target, weights: [1, -1, 2])
            + cross_entropy(output, target, weights: 0.5)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
