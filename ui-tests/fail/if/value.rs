//! A value of the network decides nothing.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> if x > 3 { dense(4) } else { dense(8) -> dense(4) } }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
