//! A block that is used sixteen times has its mistake once.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(width) -> reluu }

    block four(x) { x -> wide(8) -> wide(16) -> wide(8) -> wide(4) }

    Net(x: [8]) -> [4] { x -> four -> four -> four -> four }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
