//! Arguments without a comma between them.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [4] {
        image -> conv2d(8 3) -> flatten -> dense(4, bias true)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
