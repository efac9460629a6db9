//! A target for every number of a pair.

use dl::prelude::*;

model! {
    pub Net(a: [4], b: [4]) -> [3] {
        let x = a -> dense(3) as encoder;
        let y = b -> encoder;
        x
    } loss(same: [3]) { cosine_embedding(x, y, same) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
