//! A `let` without a name, and one without a value.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let = x -> dense(8);
        let h;
        (x -> dense(8)) + h -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
