//! Parameters are sizes.

use dl::prelude::*;

model! {
    Net<T>(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
