//! A constant without a value; its uses are no mistakes.

use dl::prelude::*;

model! {
    const WIDTH: usize;

    Net(x: [8]) -> [4] { x -> dense(WIDTH) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
