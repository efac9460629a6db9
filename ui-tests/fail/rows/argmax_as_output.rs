//! Outputs are `f32`.

use dl::prelude::*;

model! {
    pub Net(x: [8, 3]) -> [8] {
        x -> argmax
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
