//! A reduction is `mean` or `sum`.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse(output, target, reduction: max) }

    None(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { mse(output, target, reduction: none) }

    Text(x: [8]) -> [4] { x -> dense(4) }
    loss(class: u32) { cross_entropy(output, class, reduction: "sum") }

    Overlap(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: u32[8, 8]) { dice(output, mask, reduction: sum) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
