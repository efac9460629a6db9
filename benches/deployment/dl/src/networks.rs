//! The two networks.

use dl::model;

model! {
    /// LeNet-5 for 28×28 grey-scale digits.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(84) -> relu
            -> dense(10)
    }
    /// Four dense layers of digits.
    pub Mlp(pixels: [784]) -> [10] {
        pixels -> dense(512) -> relu -> dense(256) -> relu -> dense(10)
    }
}
