//! Three classes for one set of scores.

use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [3] { x -> dense(3) } loss(target: u32[3]) { nll(output -> log_softmax, target) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
