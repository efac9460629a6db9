//! A reconstruction of another size.

use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [3] { x -> dense(3) } loss { mse(output, x) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
