//! Dice compares areas of at least two classes.

use dl::prelude::*;

model! {
    Net(x: [1, 8, 8]) -> [1, 8, 8] { x -> conv2d(1, 1) }
    loss(mask: u32[8, 8]) { dice(output, mask) }

    Vector(x: [8]) -> [4] { x -> dense(4) }
    loss(class: u32) { jaccard(output, class) }

    Number(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(share: f32) { sigmoid_dice(output -> mean, share) }

    Rows(x: [.., 8]) -> [.., 4] { x -> dense(4) }
    loss(class: u32[..]) { dice(output, class) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
