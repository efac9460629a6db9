//! Braces around a number.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> residual { 3 } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
