//! The macro must know what it compares.

use dl::prelude::*;

const DEEP: usize = 4;

model! {
    Net(x: [8]) -> [4] { x -> if DEEP > 3 { dense(4) } else { dense(8) -> dense(4) } }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
