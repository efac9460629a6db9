//! A value and an input that nothing reads.

use dl::prelude::*;

model! {
    pub Net(image: [3, 8, 8]) -> [10] {
        let skip = image -> conv2d(3, 3, padding: 1);
        image -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
