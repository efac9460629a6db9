//! Outputs are numbers of type `f32`.

use dl::prelude::*;

model! {
    Net(x: [8]) -> u32[4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
