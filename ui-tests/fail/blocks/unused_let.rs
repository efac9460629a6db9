//! A value bound in a block and not used.

use dl::prelude::*;

model! {
    block wide(x, width) {
        let h = x -> dense(width);
        x -> dense(width) -> relu
    }

    Net(x: [8]) -> [4] { x -> wide(16) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
