//! A semicolon ends a `let`.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let h = x -> dense(8) let g = h -> relu; (g + h) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
