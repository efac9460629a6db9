//! Initialisations that do not exist or miss their number.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x -> dense(8, init: kaiming_normal) -> dense(8, init: normal) -> dense(8, init: 3)
            -> dense(8, bias: false, bias_init: zeros) -> dense(4, init: normal(-1.0))
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
