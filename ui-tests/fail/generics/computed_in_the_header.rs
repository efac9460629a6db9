//! A computed size in the header.

use dl::prelude::*;

model! {
    Net<const N: usize>(x: [2 * N]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::<8>::init(1);
    let _: &Net<8> = &net;
}
