//! The braces of `repeat` make a value.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> repeat 3 { 2 } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
