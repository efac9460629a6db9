//! Batch normalisation and softmax of a matrix.

use dl::prelude::*;

model! {
    pub Net(x: [28, 28]) -> [10] {
        let a = x -> batch_norm;
        let b = x -> softmax;
        (a + b) -> flatten -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
