//! A mistake in the header: the struct has the shapes that are right.

use dl::prelude::*;

model! {
    pub Net(image: [1, 4, 4]) -> [ten] {
        image -> flatten -> dense(0)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
