//! The input of a block has another size than the pattern says.

use dl::prelude::*;

model! {
    block grey(x: [3, h, w]) { x -> conv2d(1, 1) -> reshape([1, h, w]) }

    Net(image: [3, 8, 8]) -> [10] {
        image -> conv2d(8, 1) -> grey -> global_avg_pool2d -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
