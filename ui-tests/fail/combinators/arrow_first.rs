//! The input of braces goes to the first layer, with no arrow before it.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> residual { -> dense(8) -> relu } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
