//! A value bound in braces and not used.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> residual { let h = dense(8); dense(8) -> relu } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
