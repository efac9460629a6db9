//! A window that does not fit, by constants from outside.

use dl::prelude::*;

mod config {
    pub const SIDE: usize = 12;
    pub const KERNEL: usize = 7;
}

model! {
    pub Net(image: [1, config::SIDE, config::SIDE]) -> [10] {
        image -> conv2d(8, 5) -> max_pool2d(2) -> conv2d(8, config::KERNEL) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
