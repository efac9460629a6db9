//! A block takes at least one value.

use dl::prelude::*;

model! {
    block wide() { dense(16) -> relu }

    Net(x: [8]) -> [4] { x -> wide -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
