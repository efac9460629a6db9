//! The operands of a loss stand in parentheses.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> dense(4) }
    loss(target: [4]) { output -> mse }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
