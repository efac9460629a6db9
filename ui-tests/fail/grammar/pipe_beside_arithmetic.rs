//! A pipe beside arithmetic, which can be read in two ways.

use dl::prelude::*;

model! {
    pub Net(a: [8]) -> [4] {
        let b = a -> dense(8);
        let c = a + b -> relu;
        let d = a -> relu + c;
        d -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
