//! A layer as other libraries write it.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> Linear(16) -> ReLU -> Dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
