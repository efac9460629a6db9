//! An unknown name in a condition.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> if widht > 8 { dense(width) } else { identity } }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
