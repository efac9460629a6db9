//! Numbers beyond their limits.

use dl::prelude::*;

model! {
    pub Net(x: [8]) -> [4] {
        x -> dropout(1.5) -> leaky_relu(-0.1) -> softplus(beta: 0) -> batch_norm(momentum: 2, epsilon: 0)
            -> layer_norm(epsilon: -1e-5) -> elu(-1) -> dense(4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
