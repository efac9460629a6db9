//! Positive weights are one number, or one for each output: the channels of images.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { bce_with_logits(output, target, pos_weight: [1, 2, 3]) }

    Maps(x: [1, 8, 8]) -> [2, 8, 8] { x -> conv2d(2, 1) }
    loss(target: [2, 8, 8]) { bce_with_logits(output, target, pos_weight: [1, 2, 1, 2, 1, 2, 1, 2]) }

    Negative(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { bce_with_logits(output, target, pos_weight: -2) }

    Empty(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { bce_with_logits(output, target, pos_weight: []) }

    Word(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { bce_with_logits(output, target, pos_weight: balanced) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
