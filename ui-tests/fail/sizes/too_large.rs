//! A number that no size can hold, and weights that no memory can.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [10] {
        x -> dense(99999999999999999999) -> dense(1000000000) -> dense(1000000000) -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
