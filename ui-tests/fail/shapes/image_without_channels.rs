//! An image whose channel axis is missing.

use dl::prelude::*;

model! {
    pub Net(image: [28, 28]) -> [10] { image -> conv2d(8, 3) -> flatten -> dense(10) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
