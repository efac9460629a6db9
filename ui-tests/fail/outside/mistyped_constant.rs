//! A constant that is no size.

use dl::prelude::*;

const HIDDEN: i32 = 8;

model! {
    pub Net(x: [8]) -> [4] { x -> dense(HIDDEN) -> relu -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
