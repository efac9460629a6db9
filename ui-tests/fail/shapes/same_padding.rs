//! `padding: same` with a stride, and with an even kernel.

use dl::prelude::*;

model! {
    pub Net(image: [3, 8, 8]) -> [10] {
        let a = image -> conv2d(8, 3, padding: same, stride: 2) -> flatten -> dense(10);
        let b = image -> conv2d(8, 4, padding: same) -> flatten -> dense(10);
        a + b
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
