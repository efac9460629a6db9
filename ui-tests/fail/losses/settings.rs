//! Numbers out of their ranges.

use dl::prelude::*;

model! {
    pub Net(a: [4], b: [4]) -> [3] {
        let x = a -> dense(3) as encoder;
        let y = b -> encoder;
        x
    } loss(same: f32, class: u32) {
        cross_entropy(x, class, label_smoothing: 1.5)
            + focal(x, class, gamma: -1)
            + huber(x, y, delta: 0)
            + cosine_embedding(x, y, same, margin: 2)
            + nt_xent(x, y, temperature: 0)
            + sigmoid_focal(x, y, gamma: -1, alpha: 2)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
