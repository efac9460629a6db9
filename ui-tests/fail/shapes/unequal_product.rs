//! Call forms of arithmetic with unequal shapes.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = x -> dense(4);
        let g = mul(h, x);
        (h -> sub(x)) + g
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
