//! A name without `let`.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { h = x -> dense(8); (x + h) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
