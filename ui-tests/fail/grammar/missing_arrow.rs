//! Layers side by side.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x dense(8) -> relu -> dense(0)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
