//! Arguments of the wrong kind.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(8.5, [3, 3, 3], bias: 1) -> gelu(approximate: sigmoid) -> flatten -> dropout(true) -> dense([10])
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
