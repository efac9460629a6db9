//! Half an arrow.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(8) - relu -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
