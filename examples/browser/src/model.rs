//! The network.

use dl::prelude::*;

model! {
    /// A small LeNet for digits of 28×28 grey values, such as those of MNIST.
    pub Digit(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(8, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(48) -> relu
            -> dense(10) as logits
    }
}
