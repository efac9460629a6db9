//! A named layer used again where its weights do not fit.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x -> dense(4) as narrow -> relu -> narrow
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
