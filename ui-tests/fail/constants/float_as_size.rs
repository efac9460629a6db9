//! A constant of the macro that is no size.

use dl::prelude::*;

model! {
    const RATE: f32 = 0.5;
    const HUGE: f32 = 1e39;

    pub Net(x: [8]) -> [4] {
        x -> dropout(RATE) -> dense(RATE) -> dropout(HUGE) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
