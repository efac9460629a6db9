//! A block has a name; its uses are no mistakes.

use dl::prelude::*;

model! {
    block (x, width) { x -> dense(width) }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
