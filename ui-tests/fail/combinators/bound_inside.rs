//! A binding in braces ends with them.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] { let y = x -> residual { let h = dense(8); h -> relu };
        (y + h) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
