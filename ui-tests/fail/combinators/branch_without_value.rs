//! A branch that ends with a `let`.

use dl::prelude::*;

model! {
    Net(image: [3, 8, 8]) -> [10] {
        image -> concat { conv2d(4, 1); let h = conv2d(4, 3); } -> global_avg_pool2d -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
