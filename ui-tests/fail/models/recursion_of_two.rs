//! Two models that contain each other.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [8] { x -> dense(8) -> Other }

    Other(x: [8]) -> [8] { x -> Net -> relu }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
