//! A mistake in the header: values that it hides are no mistakes, and other models may use this one.

use dl::prelude::*;

model! {
    Pair(: [8], y: [8]) -> (a: [4], b: [4]) { (x -> dense(4), y -> dense(4)) }

    Net(x: [8]) -> [4] { let (a, b) = x -> Pair(x); a + b }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
