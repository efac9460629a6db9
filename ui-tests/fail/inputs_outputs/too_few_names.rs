//! Fewer names than values.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let (a, b) = (x -> dense(4), x -> dense(4), x -> dense(4));
        a + b }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
