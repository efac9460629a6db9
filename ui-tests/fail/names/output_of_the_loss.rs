//! The name of the output in the loss is also that of an input, a `let` or a target.

use dl::prelude::*;

model! {
    pub Net(output: [8]) -> [4] { output -> dense(4) }
    loss(goal: u32) { cross_entropy(output, goal) }

    pub Code(image: [8]) -> (image: [8], code: [2]) {
        let code = image -> dense(2);
        (code -> dense(8), code)
    }
    loss { mse(image, image) + 0.1 * (code -> square -> mean) }

    pub Target(x: [8]) -> [4] { x -> dense(4) }
    loss(output: [4]) { mse(output, output) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
