//! Rules that depend on parameters are checked where these are known.

use dl::prelude::*;

model! {
    Net<const N: usize, const M: usize>(x: [N]) -> [M] { x -> dense(M) -> residual { dense(N) } }
}

fn main() {
    let net = Net::<8, 4>::init(1);
    println!("{:?}", net.predict_one(&[0.0; 8]));
}
