//! Sizes that come out below zero or divide by zero.

use dl::prelude::*;

model! {
    const A: usize = 3;
    const B: usize = 5;

    pub Net(x: [8]) -> [10] {
        x -> dense(A - B) -> relu -> dense(B / (A - 3)) -> dense(10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
