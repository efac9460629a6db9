//! Settings of losses of overlap, and their other names.

use dl::prelude::*;

model! {
    Net(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: u32[8, 8]) { dice(output, mask, smooth: 0) + jaccard(output, mask, ignore: -1) }

    Names(x: [1, 8, 8]) -> [3, 8, 8] { x -> conv2d(3, 1) }
    loss(mask: u32[8, 8]) { iou(output, mask) + dice(output, mask, ignore_index: 255, batch: 1) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
