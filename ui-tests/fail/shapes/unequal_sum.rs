//! A sum of two shapes.

use dl::prelude::*;

model! {
    pub Net(image: [3, 8, 8]) -> [10] {
        let h = image -> conv2d(3, 3);
        (h + image) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
