//! A parameter of another type.

use dl::prelude::*;

model! {
    Net<const N: i32>(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
