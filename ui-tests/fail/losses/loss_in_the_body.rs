//! A loss is no layer of the body; the rest of the model is not doubted for it.

use dl::prelude::*;

model! {
    pub Digits(image: [64]) -> [10] {
        image -> dense(10) -> cross_entropy
    }

    pub Copy(image: [64]) -> [64] {
        let copy = image -> dense(64);
        mse(copy, image)
    }

    pub Three(a: [4], b: [4], c: [4]) -> [4] {
        triplet(a, b, c)
    }
}

fn main() {}
