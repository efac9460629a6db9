//! `as` behind a value, and without a name.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = x as input -> dense(8);
        h -> dense(4) as
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
