//! A `let` without its semicolon.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        let h = x -> dense(4)
        h -> relu
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
