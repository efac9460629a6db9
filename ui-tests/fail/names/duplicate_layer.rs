//! Two layers of one name.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x -> dense(8) as hidden -> relu -> dense(4) as hidden
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
