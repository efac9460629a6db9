//! Elements are `f32` or `u32`.

use dl::prelude::*;

model! {
    Net(x: f64[8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
