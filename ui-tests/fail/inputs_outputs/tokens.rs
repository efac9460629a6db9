//! Whole numbers are not what `dense` takes.

use dl::prelude::*;

model! {
    Net(tokens: u32[8]) -> [4] { tokens -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
