//! A sum of two shapes, by constants from outside.

use dl::prelude::*;

const WIDTH: usize = 32;

model! {
    pub Net(x: [WIDTH]) -> [4] {
        let h = x -> dense(64);
        (x + h) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
