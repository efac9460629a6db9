//! A rate beyond one, by a constant from outside.

use dl::prelude::*;

const RATE: f32 = 1.5;

model! {
    pub Net(x: [8]) -> [4] { x -> dropout(RATE) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
