//! `repeat` sees what flows in alone.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let h = x -> dense(8);
        x -> repeat 6 { dense(8) -> add(h) } -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
