//! A constant that does not exist.

use dl::prelude::*;

pub const HIDDEN: usize = 8;

model! {
    pub Net(x: [8]) -> [4] { x -> dense(HIDEN) -> relu -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
