//! A pattern with a name twice wants two equal sizes.

use dl::prelude::*;

model! {
    block turn(x: [c, n, n]) { x -> reshape([c * n, n]) }

    Net(image: [3, 8, 8]) -> [10] {
        image -> conv2d(4, [3, 1]) -> turn -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
