//! An input that nothing reads.

use dl::prelude::*;

model! {
    pub Net(x: [3]) -> [10] {
        2 * 3
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
