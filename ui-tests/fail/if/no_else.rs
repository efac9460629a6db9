//! An `if` has two sides.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> if true { dense(4) } }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
