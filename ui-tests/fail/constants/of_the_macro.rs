//! Constants that define themselves, are defined twice or are no sizes.

use dl::prelude::*;

model! {
    const A: usize = B + 1;
    const B: usize = A;
    const C: usize = 4;
    const C: usize = 5;
    const D: i64 = 3;
    pub const E: usize = 2;

    pub Net(x: [8]) -> [4] { x -> dense(A) -> dense(C) -> dense(D) -> dense(E * 2) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
