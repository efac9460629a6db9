//! An arrow without a value before it.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
