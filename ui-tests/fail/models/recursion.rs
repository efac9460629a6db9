//! A model that contains itself.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [8] { x -> dense(8) -> Net }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
