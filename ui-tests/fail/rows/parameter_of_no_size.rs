//! Parameters without numbers.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] {
        let a = parameter([]);
        let b = parameter([0, 8]);
        x + a + b
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
