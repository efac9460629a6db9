//! A mistake in braces that are repeated is reported once.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> repeat 12 { dense(8) -> relu6 -> gelu(3) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
