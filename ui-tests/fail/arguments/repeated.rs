//! An argument given twice, by name and by position.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8, 3, padding: 1, padding: 2) -> flatten -> dense(10, outputs: 12)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
