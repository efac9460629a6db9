//! Groups that divide neither the channels of the input nor those of the output.

use dl::prelude::*;

model! {
    pub Net(image: [3, 8, 8]) -> [10] {
        image -> conv2d(10, 3, groups: 4) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
