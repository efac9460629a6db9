//! Numbers where a value belongs.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = 2 -> relu;
        let g = x / 0;
        (h + g) -> dense(4) -> "relu"
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
