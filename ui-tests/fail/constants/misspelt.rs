//! A constant of the macro, and a parameter of a model, with two letters exchanged or one missing.

use dl::prelude::*;

model! {
    const WIDTH: usize = 16;
    const RATE: f32 = 0.5;

    pub Net(x: [8]) -> [4] { x -> dense(WIDHT) -> dropout(RAET) -> dense(WIDHT) -> dense(Width) -> dense(4) }

    pub Mlp<const HIDDEN: usize>(x: [8]) -> [4] { x -> dense(HIDEN) -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
