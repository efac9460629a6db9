//! Pooling of a list of features, in each of its kinds.

use dl::prelude::*;

model! {
    pub Net(x: [784]) -> [784] {
        let a = x -> max_pool2d(2);
        let b = x -> avg_pool2d(2);
        let c = x -> global_avg_pool2d;
        a + b + c
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
