//! Vectors are wanted.

use dl::prelude::*;

model! {
    pub Net(a: [1, 4, 4], p: [1, 4, 4], n: [1, 4, 4]) -> [2, 2, 2] {
        let x = a -> conv2d(2, 3) as encoder;
        let y = p -> encoder;
        let z = n -> encoder;
        x
    } loss { triplet(x, y, z) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
