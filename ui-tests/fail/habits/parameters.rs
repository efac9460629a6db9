//! Parameters that other systems have.

use dl::prelude::*;

model! {
    Net(x: [8]) -> [4] {
        x
            -> dense(16, activation: "relu")
            -> dense(16, name: "hidden")
            -> dense(16, input_shape: [8])
            -> dense(16, kernel_regularizer: l2(0.1))
            -> dense(16, dtype: f32)
            -> relu(inplace: true)
            -> dense(units=4)
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
