//! Two outputs of one name.

use dl::prelude::*;

model! {
    Net(x: [8]) -> (mean: [4], mean: [4]) {
        let h = x -> dense(4);
        (h, h -> relu)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
