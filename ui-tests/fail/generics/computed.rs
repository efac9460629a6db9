//! A size computed from a parameter.

use dl::prelude::*;

model! {
    Net<const N: usize>(x: [N]) -> [4] { x -> dense(2 * N) -> dense(4) }
}

fn main() {
    let net = Net::<8>::init(1);
    let _: &Net<8> = &net;
}
