//! An arrow to a value.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] {
        let h = x -> dense(8);
        x -> dense(8) -> h
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
