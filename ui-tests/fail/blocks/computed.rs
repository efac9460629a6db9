//! A computed size that is less than zero, with the block that led there.

use dl::prelude::*;

model! {
    block narrow(x: [n], by) { x -> dense(n - by) -> relu }

    Net(x: [8]) -> [4] { x -> narrow(4) -> narrow(6) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
