//! Unknown names inside braces.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> residual { dens(8) -> relu } -> repeat 3 { dense(8) -> add(hidden) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
