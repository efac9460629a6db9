//! A block where a value is wanted.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(width) -> relu }

    Net(x: [8]) -> [4] { let h = x -> dense(8);
        h + wide }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
