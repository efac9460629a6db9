//! An axis that the input does not have.

use dl::prelude::*;

model! {
    pub Net(x: [4, 3, 8]) -> [4, 3, 2] { x -> dense(2, axis: 3) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
