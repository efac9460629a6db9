//! A model from elsewhere takes another input.

use dl::prelude::*;

mod parts {
    use dl::prelude::*;

    model! { pub Encoder(x: [8]) -> [2] { x -> dense(2) } }
}

model! {
    Net(x: [8]) -> [4] { x -> dense(6) -> parts::Encoder: [2] -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
