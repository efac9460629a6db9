//! A value of the network where a size belongs.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = x -> dense(8);
        h -> dense(h) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
