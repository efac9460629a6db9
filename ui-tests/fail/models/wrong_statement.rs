//! A model from elsewhere whose output is not the stated one.

use dl::prelude::*;

mod parts {
    use dl::prelude::*;

    model! { pub Encoder(x: [8]) -> [2] { x -> dense(2) } }
}

model! {
    Net(x: [8]) -> [4] { x -> parts::Encoder: [3] as encoder -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
