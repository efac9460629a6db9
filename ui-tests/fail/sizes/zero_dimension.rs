//! A dimension of size zero in the header.

use dl::prelude::*;

model! {
    pub Net(image: [0, 28, 28]) -> [10] { image -> flatten -> dense(10) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
