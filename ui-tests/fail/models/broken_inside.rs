//! A mistake in a model is not one of those that contain it.

use dl::prelude::*;

model! {
    Encoder(x: [8]) -> [2] { x -> dens(2) }

    Net(x: [8]) -> [4] { x -> Encoder as encoder -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    println!("{:?}", net.encoder.predict_one(&[0.0; 8]));
}
