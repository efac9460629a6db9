//! The shape of a parameter is never inferred.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] {
        let p = parameter();
        x + p
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
