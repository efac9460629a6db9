//! A parameter reads no value.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] {
        let p = x -> parameter([8]);
        x + p
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
