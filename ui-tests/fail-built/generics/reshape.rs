//! A parameter that is not the size that it stands for.

use dl::prelude::*;

model! {
    Net<const N: usize, const SIZE: usize>(x: [3, N, N]) -> [4] { x -> reshape([SIZE]) -> dense(4) }
}

fn main() {
    let net = Net::<2, 11>::init(1);
    println!("{:?}", net.predict_one(&[[[0.0; 2]; 2]; 3]));
}
