//! Whole numbers into a layer of `f32`.

use dl::prelude::*;

model! {
    pub Net(tokens: u32[16]) -> [4] {
        tokens -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
