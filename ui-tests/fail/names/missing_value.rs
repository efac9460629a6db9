//! A layer called without the value it works on.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = dense(8);
        let g = x -> relu -> add;
        (g + h) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
