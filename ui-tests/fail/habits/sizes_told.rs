//! The sizes of what flows in, which follow by themselves.

use dl::prelude::*;

model! {
    Net(image: [1, 28, 28]) -> [10] {
        image -> conv2d(1, 16, 3) -> batch_norm(16) -> relu -> flatten -> dense(10816, 64) -> layer_norm(64) -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
