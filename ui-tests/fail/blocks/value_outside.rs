//! A block sees what it takes, and no value of the model that uses it.

use dl::prelude::*;

model! {
    block wide(x, width) { (x -> dense(width)) + h }

    Net(x: [8]) -> [4] {
        let h = x -> dense(16);
        ((x -> wide(16)) + h) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
