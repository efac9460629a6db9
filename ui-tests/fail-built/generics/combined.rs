//! Values that may only be combined for some parameters.

use dl::prelude::*;

model! {
    Net<const N: usize, const M: usize>(x: [N], y: [M]) -> [4] { (x * y) -> dense(4) }
}

fn main() {
    let net = Net::<2, 3>::init(1);
    println!("{:?}", net.predict(&[NetInput { x: [0.0; 2], y: [0.0; 3] }]));
}
