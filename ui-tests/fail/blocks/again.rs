//! A named block cannot be used again as a whole.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(width) -> relu }

    Net(x: [8]) -> [4] { x -> wide(8) as first -> first -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
