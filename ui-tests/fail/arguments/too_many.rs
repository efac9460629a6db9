//! More arguments without a name than the layer takes.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, 1) -> relu(2) -> flatten -> dense(10, true)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
