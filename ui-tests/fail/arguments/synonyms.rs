//! Arguments by their names in other libraries.

use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv2d(filters: 8, kernel_size: 3, strides: 2) -> flatten -> dense(units: 10)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
