//! An output of another rank than declared.

use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] {
        image -> conv2d(10, 3)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
