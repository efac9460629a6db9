//! A number flows into a block.

use dl::prelude::*;

model! {
    block wide(x, width) { x -> dense(width) -> relu }

    Net(x: [8]) -> [4] { let h = 3 -> wide(8);
        x + h }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
