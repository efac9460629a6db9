//! A block begins with its word.

use dl::prelude::*;

model! {
    wide(x, width) { x -> dense(width) }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
