//! `residual` keeps the shape.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> residual { dense(16) -> relu } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
