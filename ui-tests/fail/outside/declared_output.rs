//! The declared output by a constant from outside: rustc fills in the numbers.

use dl::prelude::*;

const CLASSES: usize = 10;

model! {
    pub Net(x: [8]) -> [CLASSES] { x -> dense(2 * CLASSES + 1) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
