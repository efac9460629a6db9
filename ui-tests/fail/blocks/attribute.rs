//! A block has no attributes.

use dl::prelude::*;

model! {
    #[derive(Debug)]
    block wide(x, width) { x -> dense(width) }

    Net(x: [8]) -> [4] { x -> wide(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
