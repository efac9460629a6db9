//! One output has no name.

use dl::prelude::*;

model! {
    Net(x: [8]) -> (scores: [4]) { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
