//! The network of the example `digits` as a library for C, Python and whatever else calls C: `README.md` says how.

use dl::prelude::*;

model! {
    /// The network of the example `digits`, which writes its file.
    pub LeNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(64) -> relu
            -> dense(10) as logits
    }
}

dl::export_c!(LeNet);
