//! Images have no order.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [2, 8, 8] {
        image -> conv2d(2, 3, padding: causal)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
