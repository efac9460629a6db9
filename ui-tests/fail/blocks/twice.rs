//! Two blocks of one name.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(width) }

    block wide(x, width) { x -> dense(width) -> relu }

    Net(x: [8]) -> [4] { x -> wide(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
