//! Weights that would never learn.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x -> dense(10) as code -> argmax -> embedding(10, 4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
