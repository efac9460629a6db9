//! A generic model inside another is checked with the parameters that it is given.

use dl::prelude::*;

model! {
    Inner<const N: usize>(x: [8]) -> [4] { x -> dense(N) -> dense(4) }

    Net(x: [8]) -> [4] { x -> Inner<0> -> relu }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
