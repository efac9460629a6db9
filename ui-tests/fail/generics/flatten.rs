//! A size that a layer computes.

use dl::prelude::*;

model! {
    Net<const N: usize>(x: [3, N, N]) -> [4] { x -> flatten -> dense(4) }
}

fn main() {
    let net = Net::<8>::init(1);
    let _: &Net<8> = &net;
}
