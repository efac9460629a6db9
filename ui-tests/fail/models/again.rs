//! A named model used again with another input, and with another name.

use dl::prelude::*;

model! {
    Encoder(x: [8]) -> [2] { x -> dense(2) }

    Net(x: [8]) -> [4] {
        let a = x -> Encoder as encoder;
        let b = x -> dense(6) -> encoder;
        let c = x -> encoder as other;
        (a + b + c) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
