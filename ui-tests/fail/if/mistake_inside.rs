//! A mistake in the side that is chosen.

use dl::prelude::*;

model! {
    block wide(x: [n], width) { x -> if width != n { dense(width) -> rleu } else { identity } }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
