//! A parameter of zero.

use dl::prelude::*;

model! {
    Net<const N: usize>(x: [8]) -> [4] { x -> dense(N) -> dense(4) }
}

fn main() {
    let net = Net::<0>::init(1);
    println!("{:?}", net.predict_one(&[0.0; 8]));
}
