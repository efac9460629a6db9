//! A window that does not fit even with padding and dilation.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 6]) -> [10] {
        image -> conv2d(8, 5, padding: 1, dilation: [1, 3]) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
