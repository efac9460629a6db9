//! Words, pairs and numbers as other systems write them.

use dl::prelude::*;

model! {
    Net(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(4, 3, padding: "same", bias: False)
            -> conv2d(4, (3, 3), padding="same")
            -> conv2d(4, 3, padding: smae)
            -> conv2d(4, 3, same)
            -> upsample(2, mode: Bilinear)
            -> flatten
            -> reshape(2, 5)
            -> dense(16 as usize)
            -> dropout(.5)
            -> dense(1e1, init: "he_normal")
    }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
