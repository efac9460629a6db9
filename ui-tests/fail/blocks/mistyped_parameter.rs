//! A parameter that a block takes, mistyped.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(wdith) -> dense(width) }

    Net(x: [8]) -> [4] { x -> wide(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
