//! The names of other libraries.

use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [3] { x -> dense(3) } loss(target: [3]) { mse_loss(output, target) + binary_cross_entropy(output, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
