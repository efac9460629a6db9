//! Another output than declared.

use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] {
        image -> flatten -> dense(128) -> relu -> dense(12)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
