//! A mistake in what a block takes: its uses are no mistakes.

use dl::prelude::*;

model! {
    block wide(x width, stride 1) { x -> dense(width * stride) }

    Net(x: [8]) -> [4] { x -> wide(16, stride: 2) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
