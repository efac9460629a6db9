//! A layer with the name of a parameter.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [8] {
        let bias = parameter([8]);
        (x + bias) -> dense(8) as bias
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
