//! A body without a last expression.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = x -> dense(4);
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
