//! A model that does nothing.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {}
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
