//! A batch is a mean or a sum, for all losses of the clause.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse(output, target) + 0.1 * mae(output, target, reduction: sum) }

    Other(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4], class: u32) {
        let error = mse(output, target, reduction: sum);
        error + cross_entropy(output, class)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
