//! A rank that is wrong whatever the constants from outside are: rustc fills in the numbers.

use dl::prelude::*;

const SIDE: usize = 28;

model! {
    pub Net(image: [1, SIDE, SIDE]) -> [10] { image -> conv2d(8, 3) -> dense(10) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
