//! A type that does not exist.

use dl::prelude::*;

mod parts {
    use dl::prelude::*;

    model! { pub Encoder(x: [8]) -> [2] { x -> dense(2) } }
}

model! {
    Net(x: [8]) -> [4] { x -> parts::Decoder: [2] -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
