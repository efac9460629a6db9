//! A parameter with the name of a constant.

use dl::prelude::*;

model! {
    const N: usize = 3;

    Net<const N: usize>(x: [N]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::<8>::init(1);
    let _: &Net<8> = &net;
}
