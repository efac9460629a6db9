//! Two inputs of one name.

use dl::prelude::*;

model! {
    Net(x: [8], x: [6]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
