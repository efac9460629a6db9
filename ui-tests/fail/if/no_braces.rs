//! A choice has braces.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { x -> if true dense(4) else dense(8) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
