//! A combinator behind no arrow.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let h = residual { dense(8) };
        h -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
