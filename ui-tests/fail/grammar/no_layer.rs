//! A body that is the input itself.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] { x }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
