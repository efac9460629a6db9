//! One name for two values.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let h = (x -> dense(4), x -> dense(4));
        h -> relu }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
