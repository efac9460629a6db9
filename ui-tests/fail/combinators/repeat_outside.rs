//! The braces of `repeat` see values from outside, and must also read what flows in.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let h = x -> dense(8);
        x -> repeat 6 { h -> dense(8) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
