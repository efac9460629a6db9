//! More names than values.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let (a, b, c) = (x -> dense(4), x -> dense(4));
        a + b + c }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
