//! A named stack cannot be used again.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> repeat 3 { dense(8) } as layers -> layers -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
