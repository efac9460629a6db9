//! A generic model inside another, with a size that does not fit.

use dl::prelude::*;

model! {
    Inner<const N: usize>(x: [N]) -> [4] { x -> dense(4) }

    Net(x: [8]) -> [4] { x -> Inner<6> -> relu }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
